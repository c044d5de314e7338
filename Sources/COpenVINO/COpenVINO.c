#include "COpenVINO.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

_Static_assert(sizeof(void *) == sizeof(void (*)(void)), "dlsym's result is stored as a function pointer");

const COpenVINO_functions *COpenVINO_open(const char *path, char *reason, size_t reason_size) {
    // RTLD_LOCAL: its TBB must not take the place of another library's.
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        const char *error = dlerror();
        snprintf(reason, reason_size, "%s", error != NULL ? error : path);
        return NULL;
    }
    COpenVINO_functions *functions = malloc(sizeof(COpenVINO_functions));
    if (functions == NULL) {
        snprintf(reason, reason_size, "out of memory");
        return NULL;
    }
#define LOOK_UP(name)                                                                    \
    *(void **)(&functions->name) = dlsym(library, "ov_" #name);                          \
    if (functions->name == NULL) {                                                       \
        snprintf(reason, reason_size, "%s is too old: it lacks ov_%s", path, #name);     \
        free(functions);                                                                 \
        return NULL;                                                                     \
    }
    LOOK_UP(get_openvino_version)
    LOOK_UP(version_free)
    LOOK_UP(get_last_err_msg)
    LOOK_UP(get_error_info)
    LOOK_UP(free)
    LOOK_UP(core_create)
    LOOK_UP(core_free)
    LOOK_UP(core_get_available_devices)
    LOOK_UP(available_devices_free)
    LOOK_UP(core_get_property)
    LOOK_UP(core_set_properties)
    LOOK_UP(core_read_model_from_memory_buffer)
    LOOK_UP(model_free)
    LOOK_UP(core_compile_model_props)
    LOOK_UP(compiled_model_free)
    LOOK_UP(compiled_model_create_infer_request)
    LOOK_UP(tensor_create_from_host_ptr)
    LOOK_UP(tensor_get_byte_size)
    LOOK_UP(tensor_free)
    LOOK_UP(infer_request_set_tensor)
    LOOK_UP(infer_request_set_output_tensor_by_index)
    LOOK_UP(infer_request_infer)
    LOOK_UP(infer_request_get_profiling_info)
    LOOK_UP(profiling_info_list_free)
    LOOK_UP(infer_request_free)
#undef LOOK_UP
    return functions;
}
