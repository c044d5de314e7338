#ifndef CPOCKETMODEL_H
#define CPOCKETMODEL_H

#include <stddef.h>

/// A file of the model's folder, as it lies in the program's own image.
struct pocket_file {
    /// Relative to the folder: "unet/config.json".
    const char *path;
    const unsigned char *bytes;
    size_t byte_count;
};

/// All files, ended by one without a path.
const struct pocket_file *pocket_files(void);

#endif
