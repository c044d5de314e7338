// The part of ONNX Runtime's C interface that restyled calls, as pointers: the library is opened at run time and never
// linked. It gives its functions out in tables that only ever grow at the end, so a position in them is as good as a
// name; the positions are in CONNXRuntime.c. What is passed by reference only stays opaque.
#ifndef CONNXRUNTIME_H
#define CONNXRUNTIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct CONNXRuntime_env CONNXRuntime_env;
typedef struct CONNXRuntime_status CONNXRuntime_status;
typedef struct CONNXRuntime_memory_info CONNXRuntime_memory_info;
typedef struct CONNXRuntime_io_binding CONNXRuntime_io_binding;
typedef struct CONNXRuntime_session CONNXRuntime_session;
typedef struct CONNXRuntime_value CONNXRuntime_value;
typedef struct CONNXRuntime_run_options CONNXRuntime_run_options;
typedef struct CONNXRuntime_type_info CONNXRuntime_type_info;
typedef struct CONNXRuntime_tensor_info CONNXRuntime_tensor_info;
typedef struct CONNXRuntime_session_options CONNXRuntime_session_options;
typedef struct CONNXRuntime_allocator CONNXRuntime_allocator;
typedef struct CONNXRuntime_attribute CONNXRuntime_attribute;
typedef struct CONNXRuntime_value_info CONNXRuntime_value_info;
typedef struct CONNXRuntime_node CONNXRuntime_node;
typedef struct CONNXRuntime_graph CONNXRuntime_graph;
typedef struct CONNXRuntime_model CONNXRuntime_model;
typedef struct CONNXRuntime_subgraph CONNXRuntime_subgraph;
typedef struct CONNXRuntime_assigned_node CONNXRuntime_assigned_node;

// NULL is success.
typedef CONNXRuntime_status *_Nullable CONNXRuntime_result;

// ONNXTensorElementDataType, the ones in use.
enum {
    CONNXRuntime_float32 = 1,
    CONNXRuntime_uint8 = 2,
    CONNXRuntime_int8 = 3,
    CONNXRuntime_int32 = 6,
    CONNXRuntime_int64 = 7,
    CONNXRuntime_float16 = 10,
    CONNXRuntime_bfloat16 = 16,
};

// OrtOpAttrType, the ones in use.
enum {
    CONNXRuntime_attribute_int = 1,
    CONNXRuntime_attribute_ints = 2,
    CONNXRuntime_attribute_float = 3,
    CONNXRuntime_attribute_string = 5,
};

// OrtLoggingLevel, OrtAllocatorType, OrtMemType and GraphOptimizationLevel, the ones in use.
enum {
    CONNXRuntime_log_verbose = 0,
    CONNXRuntime_log_error = 3,
    CONNXRuntime_log_fatal = 4,
    CONNXRuntime_device_allocator = 0,
    CONNXRuntime_default_memory = 0,
    CONNXRuntime_all_optimizations = 99,
};

typedef void (*CONNXRuntime_logger)(
    void *_Nullable context, int severity, const char *_Nullable category, const char *_Nullable id,
    const char *_Nullable location, const char *_Nullable message);

// The functions, under their names in OrtApi and OrtModelEditorApi.
typedef struct {
    int (*_Nonnull GetErrorCode)(const CONNXRuntime_status *_Nonnull);
    const char *_Nonnull (*_Nonnull GetErrorMessage)(const CONNXRuntime_status *_Nonnull);
    void (*_Nonnull ReleaseStatus)(CONNXRuntime_status *_Nonnull);

    CONNXRuntime_result (*_Nonnull CreateEnvWithCustomLogger)(
        CONNXRuntime_logger _Nonnull, void *_Nullable context, int severity, const char *_Nonnull id,
        CONNXRuntime_env *_Nullable *_Nonnull);
    CONNXRuntime_result (*_Nonnull DisableTelemetryEvents)(const CONNXRuntime_env *_Nonnull);
    CONNXRuntime_result (*_Nonnull GetAvailableProviders)(char *_Nonnull *_Nullable *_Nonnull, int *_Nonnull);
    CONNXRuntime_result (*_Nonnull ReleaseAvailableProviders)(char *_Nonnull *_Nonnull, int);

    CONNXRuntime_result (*_Nonnull CreateSessionOptions)(CONNXRuntime_session_options *_Nullable *_Nonnull);
    CONNXRuntime_result (*_Nonnull SetSessionGraphOptimizationLevel)(CONNXRuntime_session_options *_Nonnull, int);
    CONNXRuntime_result (*_Nonnull SetIntraOpNumThreads)(CONNXRuntime_session_options *_Nonnull, int);
    CONNXRuntime_result (*_Nonnull AddSessionConfigEntry)(
        CONNXRuntime_session_options *_Nonnull, const char *_Nonnull key, const char *_Nonnull value);
    CONNXRuntime_result (*_Nonnull SessionOptionsAppendExecutionProvider)(
        CONNXRuntime_session_options *_Nonnull, const char *_Nonnull name,
        const char *_Nullable const *_Nullable keys, const char *_Nullable const *_Nullable values, size_t);
    CONNXRuntime_result (*_Nonnull EnableProfiling)(CONNXRuntime_session_options *_Nonnull, const char *_Nonnull prefix);
    void (*_Nonnull ReleaseSessionOptions)(CONNXRuntime_session_options *_Nonnull);

    CONNXRuntime_result (*_Nonnull CreateMemoryInfo)(
        const char *_Nonnull name, int allocator, int id, int kind, CONNXRuntime_memory_info *_Nullable *_Nonnull);
    CONNXRuntime_result (*_Nonnull CreateAllocator)(
        const CONNXRuntime_session *_Nonnull, const CONNXRuntime_memory_info *_Nonnull,
        CONNXRuntime_allocator *_Nullable *_Nonnull);
    CONNXRuntime_result (*_Nonnull AllocatorFree)(CONNXRuntime_allocator *_Nonnull, void *_Nonnull);
    CONNXRuntime_result (*_Nonnull GetAllocatorWithDefaultOptions)(CONNXRuntime_allocator *_Nullable *_Nonnull);
    void (*_Nonnull ReleaseAllocator)(CONNXRuntime_allocator *_Nonnull);

    CONNXRuntime_result (*_Nonnull CreateTensorTypeAndShapeInfo)(CONNXRuntime_tensor_info *_Nullable *_Nonnull);
    CONNXRuntime_result (*_Nonnull SetTensorElementType)(CONNXRuntime_tensor_info *_Nonnull, int);
    CONNXRuntime_result (*_Nonnull SetDimensions)(
        CONNXRuntime_tensor_info *_Nonnull, const int64_t *_Nullable, size_t);
    void (*_Nonnull ReleaseTensorTypeAndShapeInfo)(CONNXRuntime_tensor_info *_Nonnull);
    CONNXRuntime_result (*_Nonnull CreateTensorAsOrtValue)(
        CONNXRuntime_allocator *_Nonnull, const int64_t *_Nullable shape, size_t rank, int element_type,
        CONNXRuntime_value *_Nullable *_Nonnull);
    CONNXRuntime_result (*_Nonnull CreateTensorWithDataAsOrtValue)(
        const CONNXRuntime_memory_info *_Nonnull, void *_Nonnull, size_t, const int64_t *_Nullable shape, size_t rank,
        int element_type, CONNXRuntime_value *_Nullable *_Nonnull);
    CONNXRuntime_result (*_Nonnull GetTensorMutableData)(
        CONNXRuntime_value *_Nonnull, void *_Nullable *_Nonnull);
    CONNXRuntime_result (*_Nonnull CopyTensors)(
        const CONNXRuntime_env *_Nonnull, const CONNXRuntime_value *_Nonnull const *_Nonnull from,
        CONNXRuntime_value *_Nonnull const *_Nonnull to, void *_Nullable stream, size_t);
    void (*_Nonnull ReleaseValue)(CONNXRuntime_value *_Nonnull);

    CONNXRuntime_result (*_Nonnull CreateIoBinding)(
        CONNXRuntime_session *_Nonnull, CONNXRuntime_io_binding *_Nullable *_Nonnull);
    CONNXRuntime_result (*_Nonnull BindInput)(
        CONNXRuntime_io_binding *_Nonnull, const char *_Nonnull name, const CONNXRuntime_value *_Nonnull);
    CONNXRuntime_result (*_Nonnull BindOutput)(
        CONNXRuntime_io_binding *_Nonnull, const char *_Nonnull name, const CONNXRuntime_value *_Nonnull);
    CONNXRuntime_result (*_Nonnull RunWithBinding)(
        CONNXRuntime_session *_Nonnull, const CONNXRuntime_run_options *_Nullable,
        const CONNXRuntime_io_binding *_Nonnull);
    CONNXRuntime_result (*_Nonnull SynchronizeBoundOutputs)(CONNXRuntime_io_binding *_Nonnull);
    void (*_Nonnull ReleaseIoBinding)(CONNXRuntime_io_binding *_Nonnull);
    CONNXRuntime_result (*_Nonnull SessionEndProfiling)(
        CONNXRuntime_session *_Nonnull, CONNXRuntime_allocator *_Nonnull, char *_Nullable *_Nonnull path);
    void (*_Nonnull ReleaseSession)(CONNXRuntime_session *_Nonnull);

    CONNXRuntime_result (*_Nonnull Session_GetEpGraphAssignmentInfo)(
        const CONNXRuntime_session *_Nonnull, const CONNXRuntime_subgraph *_Nonnull const *_Nullable *_Nonnull,
        size_t *_Nonnull);
    CONNXRuntime_result (*_Nonnull EpAssignedSubgraph_GetEpName)(
        const CONNXRuntime_subgraph *_Nonnull, const char *_Nullable *_Nonnull);
    CONNXRuntime_result (*_Nonnull EpAssignedSubgraph_GetNodes)(
        const CONNXRuntime_subgraph *_Nonnull, const CONNXRuntime_assigned_node *_Nonnull const *_Nullable *_Nonnull,
        size_t *_Nonnull);
    CONNXRuntime_result (*_Nonnull EpAssignedNode_GetName)(
        const CONNXRuntime_assigned_node *_Nonnull, const char *_Nullable *_Nonnull);
    CONNXRuntime_result (*_Nonnull EpAssignedNode_GetOperatorType)(
        const CONNXRuntime_assigned_node *_Nonnull, const char *_Nullable *_Nonnull);

    CONNXRuntime_result (*_Nonnull CreateOpAttr)(
        const char *_Nonnull name, const void *_Nullable data, int count, int kind,
        CONNXRuntime_attribute *_Nullable *_Nonnull);
    void (*_Nonnull ReleaseOpAttr)(CONNXRuntime_attribute *_Nonnull);
    void (*_Nonnull ReleaseTypeInfo)(CONNXRuntime_type_info *_Nonnull);
    void (*_Nonnull ReleaseValueInfo)(CONNXRuntime_value_info *_Nonnull);
    void (*_Nonnull ReleaseNode)(CONNXRuntime_node *_Nonnull);
    void (*_Nonnull ReleaseGraph)(CONNXRuntime_graph *_Nonnull);
    void (*_Nonnull ReleaseModel)(CONNXRuntime_model *_Nonnull);

    CONNXRuntime_result (*_Nonnull CreateTensorTypeInfo)(
        const CONNXRuntime_tensor_info *_Nonnull, CONNXRuntime_type_info *_Nullable *_Nonnull);
    CONNXRuntime_result (*_Nonnull CreateValueInfo)(
        const char *_Nonnull name, const CONNXRuntime_type_info *_Nonnull,
        CONNXRuntime_value_info *_Nullable *_Nonnull);
    CONNXRuntime_result (*_Nonnull CreateNode)(
        const char *_Nonnull operation, const char *_Nonnull domain, const char *_Nonnull name,
        const char *_Nullable const *_Nonnull inputs, size_t, const char *_Nullable const *_Nonnull outputs, size_t,
        CONNXRuntime_attribute *_Nullable *_Nullable, size_t, CONNXRuntime_node *_Nullable *_Nonnull);
    CONNXRuntime_result (*_Nonnull CreateGraph)(CONNXRuntime_graph *_Nullable *_Nonnull);
    // What these take over is theirs; on failure it stays the caller's.
    CONNXRuntime_result (*_Nonnull SetGraphInputs)(
        CONNXRuntime_graph *_Nonnull, CONNXRuntime_value_info *_Nullable *_Nonnull, size_t);
    CONNXRuntime_result (*_Nonnull SetGraphOutputs)(
        CONNXRuntime_graph *_Nonnull, CONNXRuntime_value_info *_Nullable *_Nonnull, size_t);
    CONNXRuntime_result (*_Nonnull AddInitializerToGraph)(
        CONNXRuntime_graph *_Nonnull, const char *_Nonnull name, CONNXRuntime_value *_Nonnull, bool is_external);
    CONNXRuntime_result (*_Nonnull AddNodeToGraph)(CONNXRuntime_graph *_Nonnull, CONNXRuntime_node *_Nonnull);
    CONNXRuntime_result (*_Nonnull CreateModel)(
        const char *_Nullable const *_Nonnull domains, const int *_Nonnull versions, size_t,
        CONNXRuntime_model *_Nullable *_Nonnull);
    CONNXRuntime_result (*_Nonnull AddGraphToModel)(CONNXRuntime_model *_Nonnull, CONNXRuntime_graph *_Nonnull);
    CONNXRuntime_result (*_Nonnull CreateSessionFromModel)(
        const CONNXRuntime_env *_Nonnull, const CONNXRuntime_model *_Nonnull,
        const CONNXRuntime_session_options *_Nonnull, CONNXRuntime_session *_Nullable *_Nonnull);
} CONNXRuntime_functions;

/// The oldest release that has all of them, as the second number of its version: 1.27.
enum { CONNXRuntime_oldest_release = 27 };

/// Opens the library at `path` and looks its functions up. Never closed: its providers leave threads behind.
/// NULL on failure, with the reason in `reason`. `version` points to what the library says: "1.27.0".
const CONNXRuntime_functions *_Nullable CONNXRuntime_open(
    const char *_Nonnull path, const char *_Nullable *_Nonnull version, char *_Nonnull reason, size_t reason_size);

#endif
