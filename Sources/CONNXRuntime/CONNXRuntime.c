#include "CONNXRuntime.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

_Static_assert(sizeof(void *) == sizeof(void (*)(void)), "a table of functions is read as one of pointers");

// OrtApiBase, all that the library exports.
struct base {
    const void *const *(*GetApi)(uint32_t release);
    const char *(*GetVersionString)(void);
};

// OrtApi's own functions, and those of the model editor's table.
enum table { api, editor };

// A function: where it is stored, and its position in the library's table.
struct entry {
    size_t offset;
    enum table table;
    size_t position;
    const char *name;
};

// The position in OrtApi of the function that gives out the model editor's table.
enum { GetModelEditorApi = 291 };

#define API(name, position) {offsetof(CONNXRuntime_functions, name), api, position, #name}
#define EDITOR(name, position) {offsetof(CONNXRuntime_functions, name), editor, position, #name}

static const struct entry entries[] = {
    API(GetErrorCode, 1),
    API(GetErrorMessage, 2),
    API(ReleaseStatus, 93),
    API(CreateEnvWithCustomLogger, 4),
    API(DisableTelemetryEvents, 6),
    API(GetAvailableProviders, 125),
    API(ReleaseAvailableProviders, 126),
    API(CreateSessionOptions, 10),
    API(SetSessionGraphOptimizationLevel, 23),
    API(SetIntraOpNumThreads, 24),
    API(AddSessionConfigEntry, 130),
    API(SessionOptionsAppendExecutionProvider, 216),
    API(EnableProfiling, 14),
    API(ReleaseSessionOptions, 100),
    API(CreateMemoryInfo, 68),
    API(CreateAllocator, 131),
    API(AllocatorFree, 76),
    API(GetAllocatorWithDefaultOptions, 78),
    API(ReleaseAllocator, 132),
    API(CreateTensorTypeAndShapeInfo, 57),
    API(SetTensorElementType, 58),
    API(SetDimensions, 59),
    API(ReleaseTensorTypeAndShapeInfo, 99),
    API(CreateTensorAsOrtValue, 48),
    API(CreateTensorWithDataAsOrtValue, 49),
    API(GetTensorMutableData, 51),
    API(CopyTensors, 386),
    API(ReleaseValue, 96),
    API(CreateIoBinding, 134),
    API(BindInput, 136),
    API(BindOutput, 137),
    API(RunWithBinding, 133),
    API(SynchronizeBoundOutputs, 203),
    API(ReleaseIoBinding, 135),
    API(SessionEndProfiling, 110),
    API(ReleaseSession, 95),
    API(Session_GetEpGraphAssignmentInfo, 407),
    API(EpAssignedSubgraph_GetEpName, 408),
    API(EpAssignedSubgraph_GetNodes, 409),
    API(EpAssignedNode_GetName, 410),
    API(EpAssignedNode_GetOperatorType, 412),
    API(CreateOpAttr, 211),
    API(ReleaseOpAttr, 212),
    API(ReleaseTypeInfo, 98),
    API(ReleaseValueInfo, 285),
    API(ReleaseNode, 286),
    API(ReleaseGraph, 287),
    API(ReleaseModel, 288),
    EDITOR(CreateTensorTypeInfo, 0),
    EDITOR(CreateValueInfo, 5),
    EDITOR(CreateNode, 6),
    EDITOR(CreateGraph, 7),
    EDITOR(SetGraphInputs, 8),
    EDITOR(SetGraphOutputs, 9),
    EDITOR(AddInitializerToGraph, 10),
    EDITOR(AddNodeToGraph, 11),
    EDITOR(CreateModel, 12),
    EDITOR(AddGraphToModel, 13),
    EDITOR(CreateSessionFromModel, 14),
};

_Static_assert(
    sizeof entries / sizeof *entries == sizeof(CONNXRuntime_functions) / sizeof(void *),
    "every function has a position");

const CONNXRuntime_functions *CONNXRuntime_open(
    const char *path, const char **version, char *reason, size_t reason_size) {
    // RTLD_LOCAL: what it was linked with must not take the place of another library's.
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        const char *error = dlerror();
        snprintf(reason, reason_size, "%s", error != NULL ? error : path);
        return NULL;
    }
    const struct base *(*get_base)(void);
    *(void **)(&get_base) = dlsym(library, "OrtGetApiBase");
    if (get_base == NULL) {
        snprintf(reason, reason_size, "%s lacks OrtGetApiBase", path);
        return NULL;
    }
    const struct base *base = get_base();
    *version = base->GetVersionString();
    // The tables of a release are longer than those of the ones before it: asking for too much gives nothing.
    const void *const *tables[2] = {base->GetApi(CONNXRuntime_oldest_release), NULL};
    if (tables[api] == NULL) {
        snprintf(
            reason, reason_size, "%s is ONNX Runtime %s; 1.%d or newer is needed", path, *version,
            CONNXRuntime_oldest_release);
        return NULL;
    }
    const void *const *(*get_editor)(void);
    *(const void **)(&get_editor) = tables[api][GetModelEditorApi];
    tables[editor] = get_editor();
    if (tables[editor] == NULL) {
        snprintf(reason, reason_size, "%s is a minimal build, which cannot build models", path);
        return NULL;
    }
    char *functions = malloc(sizeof(CONNXRuntime_functions));
    if (functions == NULL) {
        snprintf(reason, reason_size, "out of memory");
        return NULL;
    }
    for (size_t index = 0; index < sizeof entries / sizeof *entries; index++) {
        const void *function = tables[entries[index].table][entries[index].position];
        if (function == NULL) {
            snprintf(reason, reason_size, "%s is a build without %s", path, entries[index].name);
            free(functions);
            return NULL;
        }
        *(const void **)(functions + entries[index].offset) = function;
    }
    return (const CONNXRuntime_functions *)functions;
}
