// payload is what runs inside the machines of the benchmark: the payload of generated units, and the least that an init
// could do, as the kernel's own limit. It is C, static, so that it weighs as little as possible in what is measured.
//
//   payload                          exit 0
//   payload exec SOCKET CMD...       tell "exec", with the CPU used so far, and become CMD
//   payload tell SOCKET WORD         tell WORD
//   payload stay SOCKET WORD         tell WORD and wait for ever
//   payload notify                   READY=1 to $NOTIFY_SOCKET and wait for ever
//   payload start SOCKET N CMD...    as PID 1: make N cgroups with a process each, tell "started", wait for ever
//   payload run SOCKET N MS CMD...   as PID 1: N times wait MS, then cgroup, process, its end; tell "run" for each
//   payload restart CMD...           as PID 1: start CMD in a cgroup whenever it ends
//
// To tell is a datagram "WORD NANOSECONDS CPU": CLOCK_MONOTONIC, or how long it took, and the CPU time of the process.
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static long long clock_ns(clockid_t c) {
  struct timespec t;
  clock_gettime(c, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void datagram(const char *path, const char *text) {
  struct sockaddr_un to = {.sun_family = AF_UNIX};
  strncpy(to.sun_path, path, sizeof to.sun_path - 1);
  socklen_t size = offsetof(struct sockaddr_un, sun_path) + strlen(to.sun_path);
  if (to.sun_path[0] == '@') to.sun_path[0] = 0;
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || sendto(fd, text, strlen(text), 0, (struct sockaddr *)&to, size) < 0) {
    perror(path);
    exit(1);
  }
  close(fd);
}

static void tell(const char *path, const char *word, long long ns) {
  char text[128];
  snprintf(text, sizeof text, "%s %lld %lld", word, ns, clock_ns(CLOCK_PROCESS_CPUTIME_ID));
  datagram(path, text);
}

// Inline, so that the child, which borrows our stack until it executes, can not overwrite a return address.
static inline __attribute__((always_inline)) long clone3(struct clone_args *args) {
#if defined(__x86_64__)
  long r;
  __asm__ volatile("syscall" : "=a"(r) : "0"(SYS_clone3), "D"(args), "S"(sizeof *args) : "rcx", "r11", "memory");
  return r;
#else
  return syscall(SYS_clone3, args, sizeof *args);
#endif
}

static long start(const char *name, char **cmd) {
  char path[64];
  snprintf(path, sizeof path, "/sys/fs/cgroup/%s", name);
  mkdir(path, 0755);
  int cgroup = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  struct clone_args args = {
      .flags = CLONE_VM | CLONE_VFORK | CLONE_INTO_CGROUP, .exit_signal = SIGCHLD, .cgroup = cgroup};
  long pid = clone3(&args);
  if (pid == 0) {
    execve(cmd[0], cmd, environ);
    _exit(127);
  }
  close(cgroup);
  return pid;
}

static void stop(const char *name) {
  char path[64];
  snprintf(path, sizeof path, "/sys/fs/cgroup/%s", name);
  waitpid(-1, 0, 0);
  rmdir(path);
}

int main(int n, char **v) {
  const char *verb = n > 1 ? v[1] : "";
  if (!strcmp(verb, "exec") && n > 3) {
    tell(v[2], "exec", clock_ns(CLOCK_MONOTONIC));
    execvp(v[3], v + 3);
    perror(v[3]);
    return 127;
  }
  if ((!strcmp(verb, "tell") || !strcmp(verb, "stay")) && n > 3) tell(v[2], v[3], clock_ns(CLOCK_MONOTONIC));
  if (!strcmp(verb, "notify") && getenv("NOTIFY_SOCKET")) datagram(getenv("NOTIFY_SOCKET"), "READY=1");
  if (!strcmp(verb, "start") && n > 4) {
    long long begun = clock_ns(CLOCK_MONOTONIC);
    for (int i = 0; i < atoi(v[3]); i++) {
      char name[16];
      snprintf(name, sizeof name, "b%d", i);
      if (start(name, v + 4) < 0) return 1;
    }
    tell(v[2], "started", clock_ns(CLOCK_MONOTONIC) - begun);
  }
  if (!strcmp(verb, "run") && n > 5)
    for (int i = 0; i < atoi(v[3]); i++) {
      usleep(1000 * atoi(v[4]));
      long long begun = clock_ns(CLOCK_MONOTONIC);
      if (start("b", v + 5) < 0) return 1;
      stop("b");
      tell(v[2], "run", clock_ns(CLOCK_MONOTONIC) - begun);
    }
  while (!strcmp(verb, "restart") && n > 2) {
    start("b", v + 2);
    stop("b");
  }
  while (strcmp(verb, "") && strcmp(verb, "tell")) pause();
  return 0;
}
