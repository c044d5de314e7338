#ifndef CWEBPAGE_H
#define CWEBPAGE_H

#include <stddef.h>

/// A file of the page, as it lies in the program's own image.
struct web_page_file {
    /// The path it is served at: "/page.js".
    const char *path;
    /// Its Content-Type.
    const char *type;
    const unsigned char *bytes;
    size_t byte_count;
};

/// All files, ended by one without a path.
const struct web_page_file *web_page_files(void);

#endif
