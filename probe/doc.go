// Package probe samples what the kernel knows about a listener while load is offered: its accept queue
// (Recv-Q), that queue's limit, its own drops, the counters of its network namespace, and why its
// processes may have been late to call accept(). It only reads. What a counter means for a request is
// the analysis' business.
//
// Sources are of three kinds. The listeners are looked at up to 200 times a second, for some 5 µs each time. The
// counters of the namespace, 100 µs together, are read in the same samples whenever a watched listener dropped something,
// and else 20 times a second: see countedSources. The slow ones walk tables whose size is not ours to choose; they are read at most twice a
// second, in a goroutine of their own, so that none of them can ever delay a fast one. What they found
// rides on the fast samples until it is renewed, with the gauges slow.at_us and slow.took_us saying when
// it was read and how long that took; it is absent once it is older than four intervals. (A sample of
// its own would lack the counters of the fast sources, and a reader that looks at two neighbouring
// samples would take that for their loss.)
//
// Names are nstat's where nstat has one; else dotted, with the file first and the unit last:
//
//	name                          kind     source       scope      meaning
//	TcpExt*, Tcp*                 counter  netstat,snmp namespace  see counters.go
//	stat.cpu.steal                counter  steal        host       ticks that the hypervisor ran someone else
//	sockstat.TCP.tw               gauge    sockstat     namespace  sockets in TIME_WAIT
//	sockstat.TCP.inuse            gauge    sockstat     namespace  IPv4 TCP sockets that hold a port
//	sockstat.TCP.orphan           gauge    sockstat     host       closed by their owner, not yet by the kernel
//	sockstat.TCP.mem              gauge    sockstat     host       pages of socket buffers, against tcp_mem
//	listen.sockets                gauge    tcp_table    listener   where its namespace may not be entered: sockets that listen on the watched ports
//	listen.depth                  gauge    tcp_table    listener   and what waits in the fullest of their queues, whose limit is not known
//	counters.age_us               gauge    netstat, …   -          how old Tcp*, sockstat and stat are; absent: read with this sample
//	unix_diag.age_us              gauge    unix_diag    -          how old the unix listeners are, as walks rest after the time that they take; absent: walked with this sample
//	slow.at_us                    gauge    (all slow)   -          when they were read, from the epoch
//	slow.took_us                  gauge    (all slow)   -          how long they took together
//	tcp.towards.syn_sent          gauge    connections  namespace  connects to the watched ports under way
//	tcp.towards.time_wait         gauge    connections  namespace  TIME_WAIT towards the watched ports
//	tcp.towards.established       gauge    connections  namespace  connections to the watched ports
//	ports.used                    gauge    connections  namespace  local ports in use by the fullest tuple
//	ports.range                   gauge    connections  namespace  ports that such a tuple has in all
//	ports.tuples                  gauge    connections  namespace  (source, destination, port) tuples in use
//	listen.syn_recv               gauge    syn_queue    namespace  connections in the watched listeners' SYN queues
//	sched.listener.processes      gauge    schedstat    listener   processes that hold the listening socket
//	sched.listener.threads        gauge    schedstat    listener   their threads
//	sched.listener.cpu_ns         counter  schedstat    listener   time that they ran
//	sched.listener.run_delay_ns   counter  schedstat    listener   time that they could run, but had no CPU
//	cgroup.cpu.nr_periods         counter  cgroup       listener   periods of its cgroups' CPU quotas
//	cgroup.cpu.nr_throttled       counter  cgroup       listener   periods that ended in a stop
//	cgroup.cpu.throttled_us       counter  cgroup       listener   time that they were stopped
//	psi.cpu.some.avg10            gauge    pressure     host       of the last 10 s, 1/100 % in which a task waited
//	psi.cpu.some.total_us         counter  pressure     host       time in which some task waited for a CPU
//	softnet.dropped               counter  softnet      host       packets dropped before any socket saw them
//	softnet.time_squeeze          counter  softnet      host       receive rounds that ran out of budget
//	trace.accept.count            counter  trace        listener   connections whose time in the accept queue was taken
//	trace.accept.unaccounted      counter  trace        listener   accepted connections of which it was not
//	trace.accept.wait_ns          counter  trace        listener   that time, of all together
//	trace.accept.wait.BUCKET      counter  trace        listener   how many of them waited so long: trace.Bucket
//	trace.rst.sent.PARTY.REASON   counter  trace        listener   RSTs that the kernel sent: trace.Reset
//	trace.rst.received            counter  trace        listener   RSTs that ended its connections
//
// Counters of scope "listener" count from when the probe first saw the process or cgroup.
package probe
