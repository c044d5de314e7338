#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

// What the child does until it is the program. It shares its parent's memory, and touches none of it but `failure`.
static void become(char *const words[], int input, int output, pid_t parent, volatile int *failure) {
    // A handler of the parent's must not run here, and what the parent ignores does not concern the program.
    struct sigaction standard = {.sa_handler = SIG_DFL};
    for (int signal = 1; signal < NSIG; signal++) sigaction(signal, &standard, NULL);
    sigset_t none;
    sigemptyset(&none);
    if (setpgid(0, 0) == 0 && prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && dup2(input, 0) == 0 && dup2(output, 1) == 1) {
        // Who has ended before it could be told of is no parent any more.
        if (getppid() != parent) _exit(0);
        // Close-on-exec is not enough: libraries open descriptors without it.
        closefrom(3);
        sigprocmask(SIG_SETMASK, &none, NULL);
        execvp(words[0], words);
    }
    *failure = errno;
    _exit(127);
}

int startProgram(char *const words[], pid_t *started, int *output) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return errno;
    int input = open("/dev/null", O_RDONLY | O_CLOEXEC);
    volatile int failure = input < 0 ? errno : 0;
    pid_t parent = getpid(), child = -1;
    if (failure == 0) {
        sigset_t all, before;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        // Not fork, which copies the page tables of a model's gigabytes while every stream waits.
        child = vfork();
        if (child == 0) become(words, input, ends[1], parent, &failure);
        if (child < 0) failure = errno;
        pthread_sigmask(SIG_SETMASK, &before, NULL);
        close(input);
    }
    close(ends[1]);
    if (failure != 0) {
        if (child > 0) waitpid(child, NULL, 0);
        close(ends[0]);
    }
    *started = child;
    *output = ends[0];
    return failure;
}
