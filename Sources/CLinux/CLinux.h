// What Swift's Glibc module leaves out: malloc's knobs, and how a thread is scheduled.
#include <linux/sched/types.h>
#include <malloc.h>
#include <sys/syscall.h>
#include <unistd.h>

// Of the calling thread; glibc has this from 2.41 on. Returns 0, or -1 and errno.
static inline int setOwnScheduling(const struct sched_attr *attributes) {
    return (int)syscall(SYS_sched_setattr, 0, attributes, 0);
}
