; The CPU scheduler: void jitkit_parallel_for(ptr body, ptr args, i64 n, i64 threads).
;
; It runs body(begin, end, args) over [0, n) in disjoint pieces, each unit exactly once, on the calling thread and on
; the workers (threads that called jitkit_worker_loop), and returns when all of it is done. There is one job at a time:
; whoever finds the slot taken (another caller, or a body that launches again) works alone in its own thread and never
; waits for it. Nothing here allocates, and nothing spins without a bound.
;
; The text is the same for every 64-bit POSIX platform. pool.py links in what differs: the pause instruction, the number
; of the monotonic clock, the processor's own counter of time, how many processors there are. Opaque pointers, LLVM 15 or
; later.
;
; The life of a job:
;   0. a body whose launches have been short for long is run whole (@short), and that is all;
;   1. the caller runs and times small pieces until it knows that sharing pays (@launch);
;   2. it takes the slot, writes the job down, opens the gate, wakes sleepers (@share);
;   3. caller and workers claim pieces until none is left (@drain);
;   4. the caller closes the gate, waits until the last worker is out, gives the slot back (@wait_for_stragglers).

; ---------------------------------------------------------------------------------------------------------------------
; Tunables. Times are in nanoseconds.

; Below this much remaining serial work the caller goes on alone. Handing work to a worker that spins costs about 2 us
; (cache lines to and fro, uneven ends), so half of 10 us pays for it.
@cutover_ns = internal constant double 10000.0

; The same where all workers sleep. Waking one costs the caller a system call (2 us; 10 us on a virtual machine, where it
; leaves the guest), and the worker comes 5 to 30 us late: measured on a virtual machine of two processors, 60 us of work
; took the same either way, and 30 us took 45. It does not hold in a series of launches, where waking pays once.
@cold_cutover_ns = internal constant double 50000.0

; The least time a claimed piece should last: a contended claim costs about 0.1 us, so this keeps claiming near 2 %.
@piece_ns = internal constant double 5000.0

; What the first timed piece aims at, and the least that is believed when it speaks for sharing: reading the clock costs
; 25 to 50 ns, which is to be a small part of what is measured.
@probe_ns = internal constant double 1000.0
@credible_ns = internal constant double 500.0

; What a launch may take that is run whole, without asking at each eighth whether the rest should be shared: well below what
; is shared at all. The clock takes 24 ns a reading and is read three times in a small launch, the processor's counter 10 ns
; and twice; with that and one call of the body instead of two, 1000 elements of saxpy take 0.60 us instead of 0.72.
@short_ns = internal constant double 2500.0

; After how many short launches of a body in a row. Units that get dear at once then keep the others waiting in one launch.
@settled = internal constant i64 16

; How long a thread spins before it sleeps. Longer than the gap between the launches of a Python loop (1 to 10 us), so
; that workers stay hot there; no longer than sleeping and waking cost, so that a spin at most doubles a wait and a
; neighbour on a shared core loses no time slice to it.
@spin_ns = internal constant i64 20000

; A claim takes the remaining units / (this * threads): 4 leaves enough small pieces at the end to even out threads
; that are late or unlucky, and still gives the first pieces 1/4 of a thread's share in one contiguous run.
@shares_per_thread = internal constant i64 4

; ---------------------------------------------------------------------------------------------------------------------
; State. 128-byte alignment gives each variable lines of its own: neighbouring 64-byte lines are prefetched as a pair,
; and some ARM cores have lines of 128.

%job = type { ptr, ptr, i64, i64, i64 } ; body, args, n, least units in a piece, divisor of the remaining units
%timespec = type { i64, i64 }
%memory = type { double, i64, i64 } ; nanoseconds a unit took, the body, how many launches in a row were short

; The job. Written by the owner of @busy while the gate is closed and nobody inside; read by those inside.
@job = internal global %job zeroinitializer, align 128

; 1 while a caller owns the job slot.
@busy = internal global i64 0, align 128

; The one door between caller and workers. Low half: places still open. High half: workers inside.
@gate = internal global i64 0, align 128

; The first unit not claimed yet.
@next = internal global i64 9223372036854775807, align 128

; Threads in jitkit_worker_loop, and how many of them sleep (or are about to: they look at the gate once more).
@jitkit_pool_workers = global i64 0, align 128
@sleepers = internal global i64 0, align 128

; When a launch that was worth sharing by @cutover_ns last ended in the caller alone. Read to tell a series.
@last_alone = internal global i64 -1000000000, align 128

; The processor that the last caller to open the gate ran on, -1 if unknown.
@caller_cpu = internal global i32 -1, align 128

; 1 while the caller sleeps for stragglers.
@caller_sleeps = internal global i64 0, align 128

; Room for the platform's pthread_mutex_t and pthread_cond_t (at most 64 bytes on glibc, musl, macOS and the BSDs).
@mutex = internal global [128 x i8] zeroinitializer, align 128
@work_cond = internal global [128 x i8] zeroinitializer, align 128
@done_cond = internal global [128 x i8] zeroinitializer, align 128

; What a unit cost in a body's last launch. A hint: entries collide and race, and only speed depends on them.
@memories = internal global [64 x %memory] zeroinitializer, align 128

; Where the processor's counter stood when the clock was read first, that reading, and how far it comes in @short_ns: 0 until
; a launch has told.
@ticks.first = internal global i64 0, align 128
@ns.first = internal global i64 0
@short_ticks = internal global i64 0

; How many threads launches may use, written from Python when those have been started; 0 until then.
@jitkit_ready_threads = global i64 0, align 128

; Statistics, read from Python.
@jitkit_jobs_parallel = global i64 0, align 128
@jitkit_jobs_alone = global i64 0, align 128

; ---------------------------------------------------------------------------------------------------------------------
; The platform

@jitkit_clock_monotonic = external constant i32 ; linked in
@jitkit_processors = external constant i64      ; linked in
declare void @jitkit_cpu_pause()                ; linked in
declare i64 @jitkit_ticks()                     ; linked in
declare i32 @sched_getcpu()                     ; these three linked in, empty, where the system has none
declare i32 @sched_getaffinity(i32, i64, ptr)
declare i32 @sched_setaffinity(i32, i64, ptr)

declare i32 @clock_gettime(i32, ptr)
declare i32 @pthread_mutex_init(ptr, ptr)
declare i32 @pthread_mutex_lock(ptr)
declare i32 @pthread_mutex_unlock(ptr)
declare i32 @pthread_cond_init(ptr, ptr)
declare i32 @pthread_cond_wait(ptr, ptr)
declare i32 @pthread_cond_signal(ptr)
declare i32 @pthread_cond_broadcast(ptr)

declare double @llvm.ceil.f64(double)
declare i64 @llvm.fptosi.sat.i64.f64(double)
declare i64 @llvm.smax.i64(i64, i64)
declare i64 @llvm.smin.i64(i64, i64)
declare i64 @llvm.sshl.sat.i64(i64, i64)
declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)
declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)

define i64 @jitkit_now() {
  %time = alloca %timespec, align 8
  %clock = load i32, ptr @jitkit_clock_monotonic
  call i32 @clock_gettime(i32 %clock, ptr %time)
  %seconds = load i64, ptr %time
  %rest.ptr = getelementptr %timespec, ptr %time, i64 0, i32 1
  %rest = load i64, ptr %rest.ptr
  %whole = mul i64 %seconds, 1000000000
  %now = add i64 %whole, %rest
  ret i64 %now
}

; ---------------------------------------------------------------------------------------------------------------------
; What a unit of this body cost last time

define internal ptr @memory_of(ptr %body) {
  %key = ptrtoint ptr %body to i64
  %mixed = mul i64 %key, -7046029254386353131 ; 2^64 / golden ratio: spreads neighbouring addresses over the top bits
  %slot = lshr i64 %mixed, 58
  %memory = getelementptr [64 x %memory], ptr @memories, i64 0, i64 %slot
  ret ptr %memory
}

; Nanoseconds a unit took, 0 if unknown.
define internal double @recall(ptr %body) {
  %memory = call ptr @memory_of(ptr %body)
  %owner.ptr = getelementptr %memory, ptr %memory, i64 0, i32 1
  %owner = load atomic i64, ptr %owner.ptr monotonic, align 8
  %key = ptrtoint ptr %body to i64
  %mine = icmp eq i64 %owner, %key
  %unit_ns = load atomic double, ptr %memory monotonic, align 8
  %known = select i1 %mine, double %unit_ns, double 0.0
  ret double %known
}

; `whole` tells whether these units were all of a launch.
define internal void @remember(ptr %body, i64 %since, i64 %until, i64 %units, i1 %whole) {
  %elapsed = sub i64 %until, %since
  %elapsed.f = sitofp i64 %elapsed to double
  %units.f = sitofp i64 %units to double
  %unit_ns = fdiv double %elapsed.f, %units.f
  %memory = call ptr @memory_of(ptr %body)
  %owner.ptr = getelementptr %memory, ptr %memory, i64 0, i32 1
  %key = ptrtoint ptr %body to i64
  %owner = load atomic i64, ptr %owner.ptr monotonic, align 8
  %mine = icmp eq i64 %owner, %key
  %row.ptr = getelementptr %memory, ptr %memory, i64 0, i32 2
  %row = load atomic i64, ptr %row.ptr monotonic, align 8
  %row.longer = add i64 %row, 1
  %short_ns = load double, ptr @short_ns
  %brief = fcmp olt double %elapsed.f, %short_ns
  %brief.whole = and i1 %brief, %whole
  %goes.on = and i1 %brief.whole, %mine
  %row.new = select i1 %goes.on, i64 %row.longer, i64 0
  store atomic i64 %row.new, ptr %row.ptr monotonic, align 8
  store atomic double %unit_ns, ptr %memory monotonic, align 8
  store atomic i64 %key, ptr %owner.ptr monotonic, align 8
  ret void
}

; Tells whether a launch of so many units is likely to be short: this body's have been, and these would be.
define internal i1 @is_short(ptr %body, i64 %n) {
  %memory = call ptr @memory_of(ptr %body)
  %row.ptr = getelementptr %memory, ptr %memory, i64 0, i32 2
  %row = load atomic i64, ptr %row.ptr monotonic, align 8
  %least = load i64, ptr @settled
  %settled = icmp sge i64 %row, %least
  %known = call double @recall(ptr %body)
  %unknown = fcmp oeq double %known, 0.0
  %n.f = sitofp i64 %n to double
  %total = fmul double %known, %n.f
  %short_ns = load double, ptr @short_ns
  %brief = fcmp olt double %total, %short_ns
  %likely = select i1 %unknown, i1 false, i1 %brief
  %is.short = and i1 %settled, %likely
  ret i1 %is.short
}

; Learns how far the processor's counter comes in @short_ns, from all that it and the clock went since they were first read.
define internal void @compare_clocks(i64 %now) {
entry:
  %ticks = call i64 @jitkit_ticks()
  %ns.first = load atomic i64, ptr @ns.first monotonic, align 8
  %begun = icmp ne i64 %ns.first, 0
  br i1 %begun, label %compare, label %begin

begin:
  store atomic i64 %ticks, ptr @ticks.first monotonic, align 8
  store atomic i64 %now, ptr @ns.first monotonic, align 8
  br label %out

compare:
  %ticks.first = load atomic i64, ptr @ticks.first monotonic, align 8
  %ticks.gone = sub i64 %ticks, %ticks.first
  %ns.gone = sub i64 %now, %ns.first
  %ticks.f = sitofp i64 %ticks.gone to double
  %ns.f = sitofp i64 %ns.gone to double
  %rate = fdiv double %ticks.f, %ns.f
  %short_ns = load double, ptr @short_ns
  %short.f = fmul double %rate, %short_ns
  %short = call i64 @llvm.fptosi.sat.i64.f64(double %short.f)
  store atomic i64 %short, ptr @short_ticks monotonic, align 8
  br label %out

out:
  ret void
}

; ---------------------------------------------------------------------------------------------------------------------
; Claiming and running pieces: caller and workers alike

; Runs pieces of the job until all units are claimed; returns how many units this thread ran.
;
; Guided self-scheduling (Polychronopoulos and Kuck, 1987): pieces shrink with what remains. @next needs no ordering of
; its own: the gate orders the caller's writes before a worker's pieces, and the pieces before the caller's return.
define internal i64 @drain() {
entry:
  %body = load ptr, ptr @job
  %args.ptr = getelementptr %job, ptr @job, i64 0, i32 1
  %args = load ptr, ptr %args.ptr
  %n.ptr = getelementptr %job, ptr @job, i64 0, i32 2
  %n = load i64, ptr %n.ptr
  %least.ptr = getelementptr %job, ptr @job, i64 0, i32 3
  %least = load i64, ptr %least.ptr
  %divisor.ptr = getelementptr %job, ptr @job, i64 0, i32 4
  %divisor = load i64, ptr %divisor.ptr
  %first = load atomic i64, ptr @next monotonic, align 8
  br label %look

look:
  %begin = phi i64 [ %first, %entry ], [ %found, %claim ], [ %fresh, %run ]
  %ran = phi i64 [ 0, %entry ], [ %ran, %claim ], [ %ran.more, %run ]
  %rest = sub i64 %n, %begin
  %some = icmp sgt i64 %rest, 0
  br i1 %some, label %claim, label %out

claim:
  %guided = udiv i64 %rest, %divisor
  %wish = call i64 @llvm.smax.i64(i64 %guided, i64 %least)
  %piece = call i64 @llvm.smin.i64(i64 %wish, i64 %rest)
  %end = add i64 %begin, %piece
  %swap = cmpxchg ptr @next, i64 %begin, i64 %end monotonic monotonic, align 8
  %found = extractvalue { i64, i1 } %swap, 0
  %won = extractvalue { i64, i1 } %swap, 1
  br i1 %won, label %run, label %look

run:
  call void %body(i64 %begin, i64 %end, ptr %args)
  %ran.more = add i64 %ran, %piece
  %fresh = load atomic i64, ptr @next monotonic, align 8
  br label %look

out:
  ret i64 %ran
}

; ---------------------------------------------------------------------------------------------------------------------
; The worker's side

; Spins for a place in a job; true if it got one, false after @spin_ns.
define internal i1 @spin_for_a_place() {
entry:
  %start = call i64 @jitkit_now()
  %patience = load i64, ptr @spin_ns
  br label %look

look:
  %gate = load atomic i64, ptr @gate seq_cst, align 8
  %places = trunc i64 %gate to i32
  %open = icmp ne i32 %places, 0
  br i1 %open, label %join, label %idle

join: ; one place less, one worker more
  %joined = add i64 %gate, 4294967295
  %swap = cmpxchg ptr @gate, i64 %gate, i64 %joined seq_cst seq_cst, align 8
  %in = extractvalue { i64, i1 } %swap, 1
  br i1 %in, label %out, label %idle

idle:
  call void @jitkit_cpu_pause()
  %now = call i64 @jitkit_now()
  %waited = sub i64 %now, %start
  %patient = icmp slt i64 %waited, %patience
  br i1 %patient, label %look, label %out

out:
  %result = phi i1 [ true, %join ], [ false, %idle ]
  ret i1 %result
}

; Sleeps until woken, unless the gate is open; true if it is open afterwards.
;
; No wake-up is missed: here the sleeper is counted before the gate is read, in @share the gate is opened before the
; sleepers are read, all sequentially consistent (Dekker), so that at least one side sees the other. A caller that sees
; the sleeper takes the mutex, which it gets only when the sleeper is in pthread_cond_wait or has seen the gate open,
; and lets it go again before it signals: a thread woken while the mutex is held only wakes to sleep on the mutex (on a
; virtual machine: 14 us until it works instead of 7, and 16 us in the caller instead of 10).
define internal i1 @sleep_until_woken() {
entry:
  call i32 @pthread_mutex_lock(ptr @mutex)
  atomicrmw add ptr @sleepers, i64 1 seq_cst, align 8
  %gate = load atomic i64, ptr @gate seq_cst, align 8
  %places = trunc i64 %gate to i32
  %closed = icmp eq i32 %places, 0
  br i1 %closed, label %wait, label %out

wait:
  call i32 @pthread_cond_wait(ptr @work_cond, ptr @mutex)
  br label %out

out:
  atomicrmw sub ptr @sleepers, i64 1 seq_cst, align 8
  %gate.later = load atomic i64, ptr @gate seq_cst, align 8
  %places.later = trunc i64 %gate.later to i32
  %open = icmp ne i32 %places.later, 0
  call i32 @pthread_mutex_unlock(ptr @mutex)
  ret i1 %open
}

; Moves this worker off the processor of the last caller, for as long as they meet there. Some kernels (seen: a virtual
; machine that packs its threads) wake a thread on the processor of the one that wakes it although others idle; there it
; can only work instead of the caller, not beside it, and a series of launches ran no faster than one thread. Measured
; so, 100 us of work for two threads after a pause took 130 us without this and 77 us with it. Where the two do not meet
; it costs one look. Not done with more threads than processors, where threads must share.
define internal void @step_aside(ptr %home) {
entry:
  %mask = alloca [16 x i64], align 8
  %cpu = call i32 @sched_getcpu()
  %caller = load atomic i32, ptr @caller_cpu monotonic, align 4
  %meet = icmp eq i32 %cpu, %caller
  %known = icmp ult i32 %cpu, 1024 ; -1 where the platform cannot tell
  %workers = load atomic i64, ptr @jitkit_pool_workers monotonic, align 8
  %processors = load i64, ptr @jitkit_processors
  %room = icmp ult i64 %workers, %processors
  %known.room = and i1 %known, %room
  %move = and i1 %meet, %known.room
  br i1 %move, label %exclude, label %out

exclude:
  call void @llvm.memcpy.p0.p0.i64(ptr align 8 %mask, ptr align 8 %home, i64 128, i1 false)
  %cpu.wide = zext i32 %cpu to i64
  %index = lshr i64 %cpu.wide, 6
  %word.ptr = getelementptr [16 x i64], ptr %mask, i64 0, i64 %index
  %word = load i64, ptr %word.ptr
  %shift = and i64 %cpu.wide, 63
  %bit = shl i64 1, %shift
  %others = xor i64 %bit, -1
  %word.less = and i64 %word, %others
  store i64 %word.less, ptr %word.ptr
  call i32 @sched_setaffinity(i32 0, i64 128, ptr %mask) ; refused if no processor is left: then it stays
  br label %out

out:
  ret void
}

; Leaves the job. A worker leaves when nothing is left to claim, so it takes the open places with it: nobody else
; needs to come in. The last one out wakes the caller if that sleeps; the same Dekker pattern, with @caller_sleeps.
define internal void @leave() {
entry:
  atomicrmw and ptr @gate, i64 -4294967296 seq_cst, align 8
  %before = atomicrmw sub ptr @gate, i64 4294967296 seq_cst, align 8
  %inside = lshr i64 %before, 32
  %last = icmp eq i64 %inside, 1
  br i1 %last, label %look, label %out

look:
  %sleeps = load atomic i64, ptr @caller_sleeps seq_cst, align 8
  %wake = icmp ne i64 %sleeps, 0
  br i1 %wake, label %signal, label %out

signal:
  call i32 @pthread_mutex_lock(ptr @mutex)
  call i32 @pthread_mutex_unlock(ptr @mutex)
  call i32 @pthread_cond_signal(ptr @done_cond)
  br label %out

out:
  ret void
}

; What a worker thread does, for as long as the process lives.
define void @jitkit_worker_loop() noreturn {
entry:
  %home = alloca [16 x i64], align 8 ; the processors this thread may use
  call void @llvm.memset.p0.i64(ptr align 8 %home, i8 0, i64 128, i1 false)
  call i32 @sched_getaffinity(i32 0, i64 128, ptr %home)
  atomicrmw add ptr @jitkit_pool_workers, i64 1 seq_cst, align 8
  br label %idle

idle:
  %in = call i1 @spin_for_a_place()
  br i1 %in, label %work, label %sleep

sleep:
  %open = call i1 @sleep_until_woken()
  call void @step_aside(ptr %home)
  br i1 %open, label %idle, label %sleep

work:
  call i64 @drain()
  call void @leave()
  br label %idle
}

; ---------------------------------------------------------------------------------------------------------------------
; The caller's side

; Wakes sleepers for those open places that the workers awake will not fill.
define internal void @wake(i64 %places) {
entry:
  %sleepers = load atomic i64, ptr @sleepers seq_cst, align 8
  %workers = load atomic i64, ptr @jitkit_pool_workers monotonic, align 8
  %awake = sub i64 %workers, %sleepers
  %wanted = sub i64 %places, %awake
  %calls = call i64 @llvm.smin.i64(i64 %wanted, i64 %sleepers)
  %any = icmp sgt i64 %calls, 0
  br i1 %any, label %lock, label %out

lock:
  call i32 @pthread_mutex_lock(ptr @mutex)
  call i32 @pthread_mutex_unlock(ptr @mutex)
  %all = icmp eq i64 %calls, %sleepers
  br i1 %all, label %broadcast, label %signal

broadcast: ; one system call
  call i32 @pthread_cond_broadcast(ptr @work_cond)
  br label %out

signal:
  %left = phi i64 [ %calls, %lock ], [ %left.less, %signal ]
  call i32 @pthread_cond_signal(ptr @work_cond)
  %left.less = sub i64 %left, 1
  %more = icmp ne i64 %left.less, 0
  br i1 %more, label %signal, label %out

out:
  ret void
}

; Closes the gate and waits for the workers inside: spins for @spin_ns, then sleeps.
define internal void @wait_for_stragglers() {
entry:
  %closed = atomicrmw and ptr @gate, i64 -4294967296 seq_cst, align 8
  %nobody = icmp ult i64 %closed, 4294967296
  br i1 %nobody, label %out, label %start

start:
  %start.ns = call i64 @jitkit_now()
  %patience = load i64, ptr @spin_ns
  br label %spin

spin:
  %gate = load atomic i64, ptr @gate seq_cst, align 8
  %empty = icmp eq i64 %gate, 0
  br i1 %empty, label %out, label %idle

idle:
  call void @jitkit_cpu_pause()
  %now = call i64 @jitkit_now()
  %waited = sub i64 %now, %start.ns
  %patient = icmp slt i64 %waited, %patience
  br i1 %patient, label %spin, label %sleep

sleep:
  call i32 @pthread_mutex_lock(ptr @mutex)
  store atomic i64 1, ptr @caller_sleeps seq_cst, align 8
  br label %look

look:
  %gate.later = load atomic i64, ptr @gate seq_cst, align 8
  %empty.later = icmp eq i64 %gate.later, 0
  br i1 %empty.later, label %rise, label %wait

wait:
  call i32 @pthread_cond_wait(ptr @done_cond, ptr @mutex)
  br label %look

rise:
  store atomic i64 0, ptr @caller_sleeps seq_cst, align 8
  call i32 @pthread_mutex_unlock(ptr @mutex)
  br label %out

out:
  ret void
}

; Runs units [begin, n) with the workers; the caller ran those before in %spent. False if the work was not begun, because
; the slot is taken, there is no worker, or there is no more than one piece.
define internal i1 @share(ptr %body, ptr %args, i64 %begin, i64 %n, i64 %threads, double %unit_ns, i64 %spent) {
entry:
  %piece_ns.f = load double, ptr @piece_ns
  %units.f = fdiv double %piece_ns.f, %unit_ns
  %units.up = call double @llvm.ceil.f64(double %units.f)
  %units = call i64 @llvm.fptosi.sat.i64.f64(double %units.up)
  %least = call i64 @llvm.smax.i64(i64 %units, i64 1)
  %rest = sub i64 %n, %begin
  %rest.less = sub i64 %rest, 1
  %pieces.less = sdiv i64 %rest.less, %least
  %others = sub i64 %threads, 1
  %workers = load atomic i64, ptr @jitkit_pool_workers monotonic, align 8
  %hands = call i64 @llvm.smin.i64(i64 %others, i64 %workers)
  %places = call i64 @llvm.smin.i64(i64 %hands, i64 %pieces.less)
  %useful = icmp sgt i64 %places, 0
  br i1 %useful, label %take, label %refuse

take:
  %swap = cmpxchg ptr @busy, i64 0, i64 1 acquire monotonic, align 8
  %mine = extractvalue { i64, i1 } %swap, 1
  br i1 %mine, label %open, label %refuse

open:
  %args.ptr = getelementptr %job, ptr @job, i64 0, i32 1
  %n.ptr = getelementptr %job, ptr @job, i64 0, i32 2
  %least.ptr = getelementptr %job, ptr @job, i64 0, i32 3
  %divisor.ptr = getelementptr %job, ptr @job, i64 0, i32 4
  %team = add i64 %places, 1
  %shares = load i64, ptr @shares_per_thread
  %divisor = mul i64 %team, %shares
  store ptr %body, ptr @job
  store ptr %args, ptr %args.ptr
  store i64 %n, ptr %n.ptr
  store i64 %least, ptr %least.ptr
  store i64 %divisor, ptr %divisor.ptr
  store atomic i64 %begin, ptr @next monotonic, align 8
  atomicrmw add ptr @jitkit_jobs_parallel, i64 1 monotonic, align 8
  %cpu = call i32 @sched_getcpu()
  store atomic i32 %cpu, ptr @caller_cpu monotonic, align 4
  store atomic i64 %places, ptr @gate seq_cst, align 8
  call void @wake(i64 %places)
  %woken = call i64 @jitkit_now() ; a unit must not seem dear because waking was: that would share cheap work again and again
  %since = sub i64 %woken, %spent
  %ran = call i64 @drain()
  %own = add i64 %begin, %ran
  %some = icmp ne i64 %own, 0 ; else the workers were quicker: nothing was measured
  br i1 %some, label %measure, label %close

measure:
  %until = call i64 @jitkit_now()
  call void @remember(ptr %body, i64 %since, i64 %until, i64 %own, i1 false)
  br label %close

close:
  call void @wait_for_stragglers()
  store atomic i64 0, ptr @busy release, align 8
  ret i1 true

refuse:
  ret i1 false
}

; The length of a first piece, from what a unit cost last time: @probe_ns, but not over an eighth of the work, in case
; the units are dearer now. One unit if nothing is known: it may take a second.
define internal i64 @first_piece(double %known, i64 %n) {
  %unknown = fcmp oeq double %known, 0.0
  %probe_ns.f = load double, ptr @probe_ns
  %units.f = fdiv double %probe_ns.f, %known
  %units = call i64 @llvm.fptosi.sat.i64.f64(double %units.f)
  %eighth = lshr i64 %n, 3
  %capped = call i64 @llvm.smin.i64(i64 %units, i64 %eighth)
  %wish = select i1 %unknown, i64 1, i64 %capped
  %piece = call i64 @llvm.smax.i64(i64 %wish, i64 1)
  ret i64 %piece
}

; What remaining work a launch beginning at %start shares: less where workers are awake, or where the caller comes from
; such a launch so lately that awake workers would still be spinning.
define internal double @cutover(i64 %start) {
  %sleepers = load atomic i64, ptr @sleepers monotonic, align 8
  %workers = load atomic i64, ptr @jitkit_pool_workers monotonic, align 8
  %awake = icmp ugt i64 %workers, %sleepers
  %last = load atomic i64, ptr @last_alone monotonic, align 8
  %gap = sub i64 %start, %last
  %spin = load i64, ptr @spin_ns
  %series = icmp slt i64 %gap, %spin
  %hot = or i1 %awake, %series
  %hot_ns = load double, ptr @cutover_ns
  %cold_ns = load double, ptr @cold_cutover_ns
  %cutover = select i1 %hot, double %hot_ns, double %cold_ns
  ret double %cutover
}

; Writes down a launch that ran alone.
define internal void @note_alone(ptr %body, i64 %start, i64 %until, i64 %n) {
entry:
  call void @remember(ptr %body, i64 %start, i64 %until, i64 %n, i1 true)
  call void @compare_clocks(i64 %until)
  atomicrmw add ptr @jitkit_jobs_alone, i64 1 monotonic, align 8
  %elapsed = sub i64 %until, %start
  %elapsed.f = sitofp i64 %elapsed to double
  %hot_ns = load double, ptr @cutover_ns
  %worthy = fcmp oge double %elapsed.f, %hot_ns
  br i1 %worthy, label %note, label %out

note:
  store atomic i64 %until, ptr @last_alone monotonic, align 8
  br label %out

out:
  ret void
}

; Runs and times growing pieces until the rest is worth sharing or nothing is left.
;
; A unit is taken to cost what it did in the piece just timed, or on average in the body's last launch, whichever is
; more: where the first units are cheap (an empty border), only the launch before knows of the others, and being wrong
; the other way costs one waking. Each step judges anew, so work that gets dear as it goes is still shared, and a caller
; that found the slot taken asks again after as much time as it has worked. A body whose single units were longer than a
; piece is shared at once, because one such unit run by the caller first would keep all the others waiting.
define internal void @launch(ptr %body, ptr %args, i64 %n, i64 %threads) {
entry:
  %known = call double @recall(ptr %body)
  %start = call i64 @jitkit_now()
  %piece_ns.f = load double, ptr @piece_ns
  %cutover = call double @cutover(i64 %start)
  %credible = load double, ptr @credible_ns
  %n.f = sitofp i64 %n to double
  %total = fmul double %known, %n.f
  %long = fcmp oge double %known, %piece_ns.f
  %much = fcmp oge double %total, %cutover
  %at_once = and i1 %long, %much
  br i1 %at_once, label %skip, label %first

skip:
  %skipped = call i1 @share(ptr %body, ptr %args, i64 0, i64 %n, i64 %threads, double %known, i64 0)
  br i1 %skipped, label %out, label %first

first:
  %piece.first = call i64 @first_piece(double %known, i64 %n)
  br label %step

step:
  %begin = phi i64 [ 0, %first ], [ %end, %grow ]
  %since = phi i64 [ %start, %first ], [ %until, %grow ]
  %wish = phi i64 [ %piece.first, %first ], [ %piece.next, %grow ]
  %rest = sub i64 %n, %begin
  %piece = call i64 @llvm.smin.i64(i64 %wish, i64 %rest)
  %end = add i64 %begin, %piece
  call void %body(i64 %begin, i64 %end, ptr %args)
  %until = call i64 @jitkit_now()
  %done = icmp eq i64 %end, %n
  br i1 %done, label %alone, label %judge

judge:
  %elapsed = sub i64 %until, %since
  %elapsed.f = sitofp i64 %elapsed to double
  %piece.f = sitofp i64 %piece to double
  %measured = fdiv double %elapsed.f, %piece.f
  %dearer = fcmp ogt double %measured, %known
  %unit_ns = select i1 %dearer, double %measured, double %known
  %left = sub i64 %n, %end
  %left.f = sitofp i64 %left to double
  %left_ns = fmul double %unit_ns, %left.f
  %worth = fcmp oge double %left_ns, %cutover
  %sure = fcmp oge double %elapsed.f, %credible
  %offer = and i1 %worth, %sure
  br i1 %offer, label %ask, label %grow

ask:
  %spent = sub i64 %until, %start
  %shared = call i1 @share(ptr %body, ptr %args, i64 %end, i64 %n, i64 %threads, double %unit_ns, i64 %spent)
  br i1 %shared, label %out, label %grow

grow: ; twice as long to know better or to ask again, 8 times (not all: the estimate may be wrong) to go on alone
  %shift = select i1 %worth, i64 1, i64 3
  %piece.next = call i64 @llvm.sshl.sat.i64(i64 %piece, i64 %shift)
  br label %step

alone:
  call void @note_alone(ptr %body, i64 %start, i64 %until, i64 %n)
  br label %out

out:
  ret void
}

; Runs a launch that is likely to be short whole, and notes if it was not.
define internal void @short(ptr %body, ptr %args, i64 %n) {
entry:
  %start = call i64 @jitkit_ticks()
  call void %body(i64 0, i64 %n, ptr %args)
  %end = call i64 @jitkit_ticks()
  %elapsed = sub i64 %end, %start
  %short = load atomic i64, ptr @short_ticks monotonic, align 8
  %as.thought = icmp ule i64 %elapsed, %short
  br i1 %as.thought, label %out, label %forget

forget:
  %memory = call ptr @memory_of(ptr %body)
  %row.ptr = getelementptr %memory, ptr %memory, i64 0, i32 2
  store atomic i64 0, ptr %row.ptr monotonic, align 8
  br label %out

out:
  atomicrmw add ptr @jitkit_jobs_alone, i64 1 monotonic, align 8
  ret void
}

define void @jitkit_parallel_for(ptr %body, ptr %args, i64 %n, i64 %threads) {
entry:
  %one = icmp sle i64 %n, 1
  %single = icmp sle i64 %threads, 1
  %direct = or i1 %one, %single
  br i1 %direct, label %alone, label %several

alone:
  call void %body(i64 0, i64 %n, ptr %args)
  atomicrmw add ptr @jitkit_jobs_alone, i64 1 monotonic, align 8
  ret void

several:
  %is.short = call i1 @is_short(ptr %body, i64 %n)
  br i1 %is.short, label %short, label %adaptive

short:
  call void @short(ptr %body, ptr %args, i64 %n)
  ret void

adaptive:
  call void @launch(ptr %body, ptr %args, i64 %n, i64 %threads)
  ret void
}

; ---------------------------------------------------------------------------------------------------------------------

; Puts everything into its initial state: before the first launch, and in a forked child, where the workers no longer
; exist and the locks may have been held. @next says "all claimed", so that a caller that forked inside a body finds
; nothing to run twice.
define void @jitkit_pool_reset() {
  store i64 0, ptr @busy
  store i64 0, ptr @gate
  store i64 9223372036854775807, ptr @next
  store i64 0, ptr @jitkit_pool_workers
  store i64 0, ptr @jitkit_ready_threads
  store i64 0, ptr @sleepers
  store i64 0, ptr @caller_sleeps
  store i32 -1, ptr @caller_cpu
  store i64 0, ptr @jitkit_jobs_parallel
  store i64 0, ptr @jitkit_jobs_alone
  call void @llvm.memset.p0.i64(ptr align 128 @mutex, i8 0, i64 128, i1 false)
  call void @llvm.memset.p0.i64(ptr align 128 @work_cond, i8 0, i64 128, i1 false)
  call void @llvm.memset.p0.i64(ptr align 128 @done_cond, i8 0, i64 128, i1 false)
  call i32 @pthread_mutex_init(ptr @mutex, ptr null)
  call i32 @pthread_cond_init(ptr @work_cond, ptr null)
  call i32 @pthread_cond_init(ptr @done_cond, ptr null)
  ret void
}
