// The page travels inside the program: see CPocketModel for why not beside it.
#include "CWebPage.h"

// #embed is C23; before that standard's name is a default, compilers take it as an extension and say so.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char html[] = {
#embed "page/page.html"
};
static const unsigned char style[] = {
#embed "page/page.css"
};
static const unsigned char script[] = {
#embed "page/page.js"
};

static const struct web_page_file files[] = {
    {"/", "text/html; charset=utf-8", html, sizeof html},
    {"/page.css", "text/css; charset=utf-8", style, sizeof style},
    {"/page.js", "text/javascript; charset=utf-8", script, sizeof script},
    {0, 0, 0, 0},
};

const struct web_page_file *web_page_files(void) { return files; }
