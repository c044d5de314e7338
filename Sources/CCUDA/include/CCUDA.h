// The part of CUDA's driver and of NVRTC that restyled calls, as pointers: both are opened at run time and never linked.
// Types and numbers follow CUDA 12 and later, whose entry points keep their meaning by suffix.
#ifndef CCUDA_H
#define CCUDA_H

#include <stddef.h>
#include <stdint.h>

typedef struct CCUDA_context *CCUDA_context;
typedef struct CCUDA_module *CCUDA_module;
typedef struct CCUDA_function *CCUDA_function;
typedef struct CCUDA_stream *CCUDA_stream;
typedef struct CCUDA_graph *CCUDA_graph;
typedef struct CCUDA_executable *CCUDA_executable;
typedef struct CCUDA_program *CCUDA_program;
typedef uint64_t CCUDA_address;

// CUresult and nvrtcResult: 0 is success.
typedef int CCUDA_result;

enum {
    // CUresult
    CCUDA_error_out_of_memory = 2,
    // CUdevice_attribute
    CCUDA_multiprocessor_count = 16,
    CCUDA_capability_major = 75,
    CCUDA_capability_minor = 76,
    // CUfunction_attribute
    CCUDA_function_shared_memory = 8,
    // CUstream_flags
    CCUDA_stream_non_blocking = 1,
    // CUstreamCaptureMode
    CCUDA_capture_thread_local = 1,
};

// The driver's functions, under their names without "cu".
typedef struct {
    CCUDA_result (*_Nonnull Init)(unsigned flags);
    CCUDA_result (*_Nonnull DriverGetVersion)(int *_Nonnull);
    CCUDA_result (*_Nonnull GetErrorString)(CCUDA_result, const char *_Nullable *_Nonnull);
    CCUDA_result (*_Nonnull DeviceGetCount)(int *_Nonnull);
    CCUDA_result (*_Nonnull DeviceGet)(int *_Nonnull, int ordinal);
    CCUDA_result (*_Nonnull DeviceGetName)(char *_Nonnull, int size, int device);
    CCUDA_result (*_Nonnull DeviceGetAttribute)(int *_Nonnull, int attribute, int device);
    CCUDA_result (*_Nonnull DevicePrimaryCtxRetain)(CCUDA_context _Nullable *_Nonnull, int device);
    CCUDA_result (*_Nonnull CtxSetCurrent)(CCUDA_context _Nullable);
    CCUDA_result (*_Nonnull CtxSynchronize)(void);
    CCUDA_result (*_Nonnull MemAlloc)(CCUDA_address *_Nonnull, size_t);
    CCUDA_result (*_Nonnull MemFree)(CCUDA_address);
    CCUDA_result (*_Nonnull MemcpyHtoDAsync)(CCUDA_address, const void *_Nonnull, size_t, CCUDA_stream _Nonnull);
    CCUDA_result (*_Nonnull MemcpyDtoHAsync)(void *_Nonnull, CCUDA_address, size_t, CCUDA_stream _Nonnull);
    CCUDA_result (*_Nonnull MemsetD8Async)(CCUDA_address, unsigned char, size_t, CCUDA_stream _Nonnull);
    CCUDA_result (*_Nonnull ModuleLoadData)(CCUDA_module _Nullable *_Nonnull, const void *_Nonnull image);
    CCUDA_result (*_Nonnull ModuleGetFunction)(
        CCUDA_function _Nullable *_Nonnull, CCUDA_module _Nonnull, const char *_Nonnull name);
    CCUDA_result (*_Nonnull FuncSetAttribute)(CCUDA_function _Nonnull, int attribute, int value);
    CCUDA_result (*_Nonnull LaunchKernel)(
        CCUDA_function _Nonnull, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x, unsigned block_y,
        unsigned block_z, unsigned shared_bytes, CCUDA_stream _Nonnull, void *_Nullable *_Nonnull parameters,
        void *_Nullable *_Nullable extra);
    CCUDA_result (*_Nonnull StreamCreate)(CCUDA_stream _Nullable *_Nonnull, unsigned flags);
    CCUDA_result (*_Nonnull StreamDestroy)(CCUDA_stream _Nonnull);
    CCUDA_result (*_Nonnull StreamSynchronize)(CCUDA_stream _Nonnull);
    CCUDA_result (*_Nonnull StreamBeginCapture)(CCUDA_stream _Nonnull, int mode);
    CCUDA_result (*_Nonnull StreamEndCapture)(CCUDA_stream _Nonnull, CCUDA_graph _Nullable *_Nonnull);
    CCUDA_result (*_Nonnull GraphInstantiateWithFlags)(
        CCUDA_executable _Nullable *_Nonnull, CCUDA_graph _Nonnull, unsigned long long flags);
    CCUDA_result (*_Nonnull GraphLaunch)(CCUDA_executable _Nonnull, CCUDA_stream _Nonnull);
    CCUDA_result (*_Nonnull GraphExecDestroy)(CCUDA_executable _Nonnull);
    CCUDA_result (*_Nonnull GraphDestroy)(CCUDA_graph _Nonnull);
} CCUDA_driver;

// NVRTC's functions, under their names without "nvrtc".
typedef struct {
    CCUDA_result (*_Nonnull Version)(int *_Nonnull major, int *_Nonnull minor);
    const char *_Nonnull (*_Nonnull GetErrorString)(CCUDA_result);
    CCUDA_result (*_Nonnull CreateProgram)(
        CCUDA_program _Nullable *_Nonnull, const char *_Nonnull source, const char *_Nonnull name, int header_count,
        const char *_Nullable const *_Nonnull headers, const char *_Nullable const *_Nonnull header_names);
    CCUDA_result (*_Nonnull DestroyProgram)(CCUDA_program _Nullable *_Nonnull);
    CCUDA_result (*_Nonnull CompileProgram)(
        CCUDA_program _Nonnull, int option_count, const char *_Nullable const *_Nonnull options);
    CCUDA_result (*_Nonnull GetProgramLogSize)(CCUDA_program _Nonnull, size_t *_Nonnull);
    CCUDA_result (*_Nonnull GetProgramLog)(CCUDA_program _Nonnull, char *_Nonnull);
    CCUDA_result (*_Nonnull GetCUBINSize)(CCUDA_program _Nonnull, size_t *_Nonnull);
    CCUDA_result (*_Nonnull GetCUBIN)(CCUDA_program _Nonnull, char *_Nonnull);
} CCUDA_nvrtc;

/// Opens the library at `path` and looks its functions up. Never closed: the driver leaves threads behind. NULL on
/// failure, with the reason in `reason`.
const CCUDA_driver *_Nullable CCUDA_open_driver(const char *_Nonnull path, char *_Nonnull reason, size_t reason_size);
const CCUDA_nvrtc *_Nullable CCUDA_open_nvrtc(const char *_Nonnull path, char *_Nonnull reason, size_t reason_size);

#endif
