// Package trace measures, by eBPF, what no counter of the kernel tells: how long each connection waited in an
// accept queue, and which reset (RST) was sent for which reason. It is never needed: a kernel or a user that
// may not load programs gets an error which says why, and everything else of the probe works without it.
//
// The programs are assembled here, when they are needed, against the layout that the running kernel describes
// in its BTF (/sys/kernel/btf/vmlinux): no compiler, no header and no object file is involved. They are raw
// tracepoints, because those are to be had where kprobes and fentry are switched off:
//
//	sock:inet_sock_set_state   SYN_RECV → ESTABLISHED is the moment in which a connection stands in the accept queue
//	                           (net/ipv4/tcp_minisocks.c, tcp_child_process: tcp_rcv_state_process, after
//	                           inet_csk_complete_hashdance has put it there)
//	raw_syscalls:sys_exit      of accept and accept4: the returned descriptor leads to the connection
//	tcp:tcp_send_reset         each RST sent; its reason since Linux 6.10 (include/net/rstreason.h)
//	tcp:tcp_receive_reset      each RST received
//
// Scope: one network namespace and the ports that are named, though the programs see the whole machine.
// Privilege: CAP_BPF and CAP_PERFMON in the first user namespace, which is root outside of containers. Cost:
// the benchmark of this package measures it; the exit of every system call of the machine takes the kernel's
// slow way as long as a Tracer is open (TIF_SYSCALL_TRACEPOINT), so that it is off unless it is asked for.
//
// Gotchas: a connection that was queued before Open, or accepted by io_uring, is not timed; Unaccounted
// counts the former. One that is closed before it was accepted is timed when it is accepted. Nothing is kept
// in the kernel when the Tracer is closed or its process ends.
package trace
