// The part of OpenVINO's C interface that restyled calls, as pointers: the library is opened at run time and never
// linked. Types and numbers follow OpenVINO 2025 and later; what is passed by reference only stays opaque.
#ifndef COPENVINO_H
#define COPENVINO_H

#include <stddef.h>
#include <stdint.h>

typedef struct COpenVINO_core COpenVINO_core;
typedef struct COpenVINO_model COpenVINO_model;
typedef struct COpenVINO_compiled COpenVINO_compiled;
typedef struct COpenVINO_request COpenVINO_request;
typedef struct COpenVINO_tensor COpenVINO_tensor;

// ov_status_e: 0 is success, failures are negative.
typedef int COpenVINO_status;

// ov_element_type_e, the ones in use.
enum {
    COpenVINO_bf16 = 2,
    COpenVINO_f16 = 3,
    COpenVINO_f32 = 4,
    COpenVINO_i8 = 7,
    COpenVINO_i32 = 9,
    COpenVINO_i64 = 10,
    COpenVINO_u8 = 16,
};

// ov_shape_t
typedef struct {
    int64_t rank;
    const int64_t *_Nullable dimensions;
} COpenVINO_shape;

// ov_property_t: the value is a string for every property set here.
typedef struct {
    const char *_Nonnull key;
    const void *_Nonnull value;
} COpenVINO_property;

// ov_version_t
typedef struct {
    const char *_Nullable build_number;
    const char *_Nullable description;
} COpenVINO_version;

// ov_available_devices_t
typedef struct {
    char *_Nullable *_Nullable names;
    size_t count;
} COpenVINO_devices;

// ov_profiling_info_t and its list
typedef struct {
    int status;
    int64_t real_time_us, cpu_time_us;
    const char *_Nullable name, *_Nullable exec_type, *_Nullable node_type;
} COpenVINO_profile;

typedef struct {
    COpenVINO_profile *_Nullable entries;
    size_t count;
} COpenVINO_profiles;

// The library's functions, under their names without "ov_".
typedef struct {
    COpenVINO_status (*_Nonnull get_openvino_version)(COpenVINO_version *_Nonnull);
    void (*_Nonnull version_free)(COpenVINO_version *_Nonnull);
    const char *_Nullable (*_Nonnull get_last_err_msg)(void);
    const char *_Nullable (*_Nonnull get_error_info)(COpenVINO_status);
    void (*_Nonnull free)(const char *_Nullable);

    COpenVINO_status (*_Nonnull core_create)(COpenVINO_core *_Nullable *_Nonnull);
    void (*_Nonnull core_free)(COpenVINO_core *_Nonnull);
    COpenVINO_status (*_Nonnull core_get_available_devices)(COpenVINO_core *_Nonnull, COpenVINO_devices *_Nonnull);
    void (*_Nonnull available_devices_free)(COpenVINO_devices *_Nonnull);
    COpenVINO_status (*_Nonnull core_get_property)(
        COpenVINO_core *_Nonnull, const char *_Nonnull device, const char *_Nonnull key,
        char *_Nullable *_Nonnull value);
    COpenVINO_status (*_Nonnull core_set_properties)(
        COpenVINO_core *_Nonnull, const char *_Nullable device, size_t, const COpenVINO_property *_Nullable);
    COpenVINO_status (*_Nonnull core_read_model_from_memory_buffer)(
        COpenVINO_core *_Nonnull, const char *_Nonnull xml, size_t, const COpenVINO_tensor *_Nullable weights,
        COpenVINO_model *_Nullable *_Nonnull);
    void (*_Nonnull model_free)(COpenVINO_model *_Nonnull);
    COpenVINO_status (*_Nonnull core_compile_model_props)(
        COpenVINO_core *_Nonnull, const COpenVINO_model *_Nonnull, const char *_Nonnull device, size_t,
        const COpenVINO_property *_Nullable, COpenVINO_compiled *_Nullable *_Nonnull);

    void (*_Nonnull compiled_model_free)(COpenVINO_compiled *_Nonnull);
    COpenVINO_status (*_Nonnull compiled_model_create_infer_request)(
        const COpenVINO_compiled *_Nonnull, COpenVINO_request *_Nullable *_Nonnull);

    COpenVINO_status (*_Nonnull tensor_create_from_host_ptr)(
        int element_type, COpenVINO_shape, void *_Nonnull, COpenVINO_tensor *_Nullable *_Nonnull);
    COpenVINO_status (*_Nonnull tensor_get_byte_size)(const COpenVINO_tensor *_Nonnull, size_t *_Nonnull);
    void (*_Nonnull tensor_free)(COpenVINO_tensor *_Nonnull);

    COpenVINO_status (*_Nonnull infer_request_set_tensor)(
        COpenVINO_request *_Nonnull, const char *_Nonnull name, const COpenVINO_tensor *_Nonnull);
    COpenVINO_status (*_Nonnull infer_request_set_output_tensor_by_index)(
        COpenVINO_request *_Nonnull, size_t, const COpenVINO_tensor *_Nonnull);
    COpenVINO_status (*_Nonnull infer_request_infer)(COpenVINO_request *_Nonnull);
    COpenVINO_status (*_Nonnull infer_request_get_profiling_info)(
        const COpenVINO_request *_Nonnull, COpenVINO_profiles *_Nonnull);
    void (*_Nonnull profiling_info_list_free)(COpenVINO_profiles *_Nonnull);
    void (*_Nonnull infer_request_free)(COpenVINO_request *_Nonnull);
} COpenVINO_functions;

/// Opens the library at `path` and looks its functions up. Never closed: OpenVINO's plugins leave threads behind.
/// NULL on failure, with the reason in `reason`.
const COpenVINO_functions *_Nullable COpenVINO_open(
    const char *_Nonnull path, char *_Nonnull reason, size_t reason_size);

#endif
