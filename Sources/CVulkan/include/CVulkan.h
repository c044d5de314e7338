// Which devices the Vulkan loader reaches: enough of its interface to list them, opened at run time and never linked.
#ifndef CVULKAN_H
#define CVULKAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// VkPhysicalDeviceType
typedef enum {
    CVulkan_other = 0,
    CVulkan_integrated = 1,
    CVulkan_discrete = 2,
    CVulkan_virtual = 3,
    CVulkan_software = 4,
} CVulkan_kind;

typedef struct {
    char name[256];
    char driver[256];
    /// The driver's own version: "Mesa 25.0.7-2~bpo12+1".
    char driver_version[256];
    CVulkan_kind kind;
    uint32_t vendor, device;
    /// Of Vulkan: 1 and 3 for 1.3.
    uint32_t major, minor;
    /// Bytes that a shader sees of one buffer at most.
    uint32_t largest_storage_buffer;
    /// Bytes of the largest heap on the device.
    uint64_t memory;
    /// Whether shaders compute with, and keep, numbers of 16 bits.
    bool has_float16;
} CVulkan_device;

/// Lists up to `capacity` devices.
/// - Returns: how many there are, or -1 where the loader cannot be opened or started, with the reason in `reason`.
int CVulkan_list(
    CVulkan_device *_Nonnull devices, size_t capacity, char *_Nonnull reason, size_t reason_size);

#endif
