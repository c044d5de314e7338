#include "CVulkan.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

// The structures as the Vulkan specification lays them out, as far as they are read here.

enum {
    type_instance_create_info = 1,
    type_features2 = 1000059000,
    type_properties2 = 1000059001,
    type_shader_float16 = 1000082000,
    type_storage16 = 1000083000,
    type_driver = 1000196000,
};

struct application_info {
    uint32_t type;
    const void *next;
    const char *application;
    uint32_t application_version;
    const char *engine;
    uint32_t engine_version, api_version;
};

struct instance_create_info {
    uint32_t type;
    const void *next;
    uint32_t flags;
    const struct application_info *application;
    uint32_t layer_count;
    const char *const *layers;
    uint32_t extension_count;
    const char *const *extensions;
};

struct limits {
    uint32_t before[7];
    uint32_t max_storage_buffer_range;
    // The limits that follow, which take 504 bytes with those above.
    uint64_t after[59];
};

struct properties {
    uint32_t api_version, driver_version, vendor, device, kind;
    char name[256];
    uint8_t cache_id[16];
    struct limits limits;
    uint32_t sparse[5];
};

struct properties2 {
    uint32_t type;
    void *next;
    struct properties properties;
};

struct driver {
    uint32_t type;
    void *next;
    uint32_t id;
    char name[256], info[256];
    uint8_t conformance[4];
};

struct features2 {
    uint32_t type;
    void *next;
    uint32_t features[55];
};

struct shader_float16 {
    uint32_t type;
    void *next;
    uint32_t float16, int8;
};

struct storage16 {
    uint32_t type;
    void *next;
    uint32_t storage_buffer, uniform_and_storage_buffer, push_constant, input_output;
};

struct memory {
    uint32_t type_count;
    uint32_t types[32][2];
    uint32_t heap_count;
    struct {
        uint64_t size;
        uint32_t flags;
    } heaps[16];
};

_Static_assert(sizeof(struct limits) == 504, "as VkPhysicalDeviceLimits");
_Static_assert(offsetof(struct properties, limits) == 296, "as VkPhysicalDeviceProperties");
_Static_assert(sizeof(struct properties) == 824, "as VkPhysicalDeviceProperties");
_Static_assert(sizeof(struct memory) == 520, "as VkPhysicalDeviceMemoryProperties");

static const uint32_t version_1_1 = (1u << 22) | (1u << 12);

struct functions {
    int32_t (*CreateInstance)(const struct instance_create_info *, const void *, void **);
    void (*DestroyInstance)(void *, const void *);
    int32_t (*EnumeratePhysicalDevices)(void *, uint32_t *, void **);
    void (*GetPhysicalDeviceProperties2)(void *, struct properties2 *);
    void (*GetPhysicalDeviceFeatures2)(void *, struct features2 *);
    void (*GetPhysicalDeviceMemoryProperties)(void *, struct memory *);
};

static bool look_up(void *library, struct functions *functions) {
#define LOOK_UP(name)                                                        \
    *(void **)(&functions->name) = dlsym(library, "vk" #name);               \
    if (functions->name == NULL) return false;
    LOOK_UP(CreateInstance)
    LOOK_UP(DestroyInstance)
    LOOK_UP(EnumeratePhysicalDevices)
    LOOK_UP(GetPhysicalDeviceProperties2)
    LOOK_UP(GetPhysicalDeviceFeatures2)
    LOOK_UP(GetPhysicalDeviceMemoryProperties)
#undef LOOK_UP
    return true;
}

static void describe(const struct functions *functions, void *physical, CVulkan_device *device) {
    struct driver driver = {.type = type_driver};
    struct properties2 properties = {.type = type_properties2, .next = &driver};
    functions->GetPhysicalDeviceProperties2(physical, &properties);
    struct storage16 storage = {.type = type_storage16};
    struct shader_float16 shader = {.type = type_shader_float16, .next = &storage};
    struct features2 features = {.type = type_features2, .next = &shader};
    functions->GetPhysicalDeviceFeatures2(physical, &features);
    struct memory memory = {0};
    functions->GetPhysicalDeviceMemoryProperties(physical, &memory);

    const struct properties *p = &properties.properties;
    *device = (CVulkan_device){
        .kind = p->kind <= CVulkan_software ? (CVulkan_kind)p->kind : CVulkan_other,
        .vendor = p->vendor,
        .device = p->device,
        .major = p->api_version >> 22 & 0x7f,
        .minor = p->api_version >> 12 & 0x3ff,
        .largest_storage_buffer = p->limits.max_storage_buffer_range,
        .has_float16 = shader.float16 != 0 && storage.storage_buffer != 0,
    };
    snprintf(device->name, sizeof device->name, "%s", p->name);
    snprintf(device->driver, sizeof device->driver, "%s", driver.name);
    snprintf(device->driver_version, sizeof device->driver_version, "%s", driver.info);
    for (uint32_t heap = 0; heap < memory.heap_count && heap < 16; heap++) {
        // The first flag: on the device.
        if ((memory.heaps[heap].flags & 1) != 0 && memory.heaps[heap].size > device->memory) {
            device->memory = memory.heaps[heap].size;
        }
    }
}

int CVulkan_list(CVulkan_device *devices, size_t capacity, char *reason, size_t reason_size) {
    // Left open: drivers that are taken out of memory have been seen to leave threads behind.
    void *library = dlopen("libvulkan.so.1", RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        const char *error = dlerror();
        snprintf(reason, reason_size, "%s", error != NULL ? error : "libvulkan.so.1 cannot be opened");
        return -1;
    }
    struct functions functions;
    if (!look_up(library, &functions)) {
        snprintf(reason, reason_size, "libvulkan.so.1 is older than Vulkan 1.1");
        return -1;
    }
    const struct application_info application = {.api_version = version_1_1};
    const struct instance_create_info info = {.type = type_instance_create_info, .application = &application};
    void *instance = NULL;
    int32_t result = functions.CreateInstance(&info, NULL, &instance);
    // VK_ERROR_INCOMPATIBLE_DRIVER: the loader is there, and no driver that it can use.
    if (result == -9) return 0;
    if (result != 0) {
        snprintf(reason, reason_size, "vkCreateInstance gives %d", result);
        return -1;
    }
    void *physical[16];
    uint32_t count = sizeof physical / sizeof *physical;
    result = functions.EnumeratePhysicalDevices(instance, &count, physical);
    // VK_INCOMPLETE is 5: more than 16, of which the first do.
    if (result != 0 && result != 5) count = 0;
    for (uint32_t index = 0; index < count && index < capacity; index++) {
        describe(&functions, physical[index], &devices[index]);
    }
    functions.DestroyInstance(instance, NULL);
    return (int)count;
}
