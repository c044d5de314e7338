#include "CCUDA.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

_Static_assert(sizeof(void *) == sizeof(void (*)(void)), "dlsym's result is stored as a function pointer");

// A library's functions: where each is stored, and what it is called there.
struct entry {
    size_t position;
    const char *name;
};

static void *open_table(
    const char *path, const struct entry *entries, size_t count, size_t size, char *reason, size_t reason_size) {
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        const char *error = dlerror();
        snprintf(reason, reason_size, "%s", error != NULL ? error : path);
        return NULL;
    }
    char *table = malloc(size);
    if (table == NULL) {
        snprintf(reason, reason_size, "out of memory");
        return NULL;
    }
    for (size_t index = 0; index < count; index++) {
        void *function = dlsym(library, entries[index].name);
        if (function == NULL) {
            snprintf(reason, reason_size, "%s is too old: it lacks %s", path, entries[index].name);
            free(table);
            return NULL;
        }
        *(void **)(table + entries[index].position) = function;
    }
    return table;
}

#define DRIVER(name, suffix) {offsetof(CCUDA_driver, name), "cu" #name suffix}
#define NVRTC(name) {offsetof(CCUDA_nvrtc, name), "nvrtc" #name}

const CCUDA_driver *CCUDA_open_driver(const char *path, char *reason, size_t reason_size) {
    static const struct entry entries[] = {
        DRIVER(Init, ""),
        DRIVER(DriverGetVersion, ""),
        DRIVER(GetErrorString, ""),
        DRIVER(DeviceGetCount, ""),
        DRIVER(DeviceGet, ""),
        DRIVER(DeviceGetName, ""),
        DRIVER(DeviceGetAttribute, ""),
        DRIVER(DevicePrimaryCtxRetain, ""),
        DRIVER(CtxSetCurrent, ""),
        DRIVER(CtxSynchronize, ""),
        DRIVER(MemAlloc, "_v2"),
        DRIVER(MemFree, "_v2"),
        DRIVER(MemcpyHtoDAsync, "_v2"),
        DRIVER(MemcpyDtoHAsync, "_v2"),
        DRIVER(MemsetD8Async, ""),
        DRIVER(ModuleLoadData, ""),
        DRIVER(ModuleGetFunction, ""),
        DRIVER(FuncSetAttribute, ""),
        DRIVER(LaunchKernel, ""),
        DRIVER(StreamCreate, ""),
        DRIVER(StreamDestroy, "_v2"),
        DRIVER(StreamSynchronize, ""),
        DRIVER(StreamBeginCapture, "_v2"),
        DRIVER(StreamEndCapture, ""),
        DRIVER(GraphInstantiateWithFlags, ""),
        DRIVER(GraphLaunch, ""),
        DRIVER(GraphExecDestroy, ""),
        DRIVER(GraphDestroy, ""),
    };
    return open_table(path, entries, sizeof entries / sizeof *entries, sizeof(CCUDA_driver), reason, reason_size);
}

const CCUDA_nvrtc *CCUDA_open_nvrtc(const char *path, char *reason, size_t reason_size) {
    static const struct entry entries[] = {
        NVRTC(Version),       NVRTC(GetErrorString),    NVRTC(CreateProgram), NVRTC(DestroyProgram),
        NVRTC(CompileProgram), NVRTC(GetProgramLogSize), NVRTC(GetProgramLog), NVRTC(GetCUBINSize),
        NVRTC(GetCUBIN),
    };
    return open_table(path, entries, sizeof entries / sizeof *entries, sizeof(CCUDA_nvrtc), reason, reason_size);
}
