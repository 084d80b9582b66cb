; Running blocks whose threads wait for one another: each thread is a coroutine that returns here when it waits. This
; code is compiled once; the launch names the coroutine.
;
; @emulator.run is the body that the pool calls with a range of block numbers. The life of a block: start every thread,
; which runs to where it first waits; then rounds of (serve the warps until each is stuck, release barriers), until
; every thread has exited or nothing moves any more, which is an error.
;
; `%x = get Record.field %p` and `set Record.field %p, v` are a getelementptr with a load or a store (see assembly.py).

define void @emulator.run(i64 %begin, i64 %end, ptr %launch) {
entry:
  %processor = alloca i32
  call void @emulator.flush(ptr %processor, ptr %launch)
  %block = alloca %emulator.Block
  %template = get Launch.block %launch
  call void @llvm.memcpy.p0.p0.i64(ptr %block, ptr %template, i64 $sizeof.Block, i1 false)
  %params = get Launch.params %launch
  %count = get Block.thread_count %block
  %count.64 = zext i32 %count to i64
  %frame.size = get Launch.frame_size %launch
  %frame.bytes = mul i64 %count.64, %frame.size
  %threads = call ptr @calloc(i64 %count.64, i64 $sizeof.Thread)
  %frames = call ptr @aligned_alloc(i64 64, i64 %frame.bytes)
  %shared = call ptr @emulator.shared(ptr %block)
  %races = call ptr @emulator.shadow(ptr %block, ptr %launch)
  set Block.threads %block, %threads
  br label %next

next:
  %number = phi i64 [ %begin, %entry ], [ %number.next, %run ]
  %more = icmp slt i64 %number, %end
  %failed = call i1 @emulator.failed(ptr %block)
  %going = xor i1 %failed, true
  %again = and i1 %more, %going
  br i1 %again, label %run, label %done
run:
  call void @emulator.place(ptr %block, i64 %number)
  call void @emulator.new_epoch(ptr %races)
  call void @emulator.start(ptr %block, ptr %launch, ptr %frames, ptr %params)
  call void @emulator.rounds(ptr %block, ptr %launch)
  %number.next = add i64 %number, 1
  br label %next

done:
  call void @free(ptr %threads)
  call void @free(ptr %frames)
  call void @free(ptr %shared)
  call void @free(ptr %races)
  call void @emulator.restore(ptr %processor)
  ret void
}

; Starts the threads of a block, in the order of their index.
define internal void @emulator.start(ptr %block, ptr %launch, ptr %frames, ptr %params) {
entry:
  %threads = get Block.threads %block
  %frame.size = get Launch.frame_size %launch
  %nx = get Block.ntid.x %block
  %ny = get Block.ntid.y %block
  %count = get Block.thread_count %block
  %code = get Launch.thread %launch
  br label %one
one:
  %index = phi i32 [ 0, %entry ], [ %index.next, %one ]
  %x = phi i32 [ 0, %entry ], [ %x.next, %one ]
  %y = phi i32 [ 0, %entry ], [ %y.next, %one ]
  %z = phi i32 [ 0, %entry ], [ %z.next, %one ]
  %index.64 = zext i32 %index to i64
  %offset = mul i64 %index.64, %frame.size
  %frame = getelementptr i8, ptr %frames, i64 %offset
  %thread = getelementptr %emulator.Thread, ptr %threads, i64 %index.64
  %lane = and i32 %index, 31
  %warp = lshr i32 %index, 5
  set Thread.frame %thread, %frame
  set Thread.kind %thread, $Kind.RUNNING
  set Thread.index %thread, %index
  set Thread.lane %thread, %lane
  set Thread.warp %thread, %warp
  set Thread.strikes %thread, 0
  set Thread.local_low %thread, -1
  set Thread.local_high %thread, 0
  %handle = call ptr %code(i32 %x, i32 %y, i32 %z, ptr %thread, ptr %block, ptr %params)
  set Thread.handle %thread, %handle
  %x.more = add i32 %x, 1
  %x.end = icmp eq i32 %x.more, %nx
  %x.next = select i1 %x.end, i32 0, i32 %x.more
  %carry = zext i1 %x.end to i32
  %y.more = add i32 %y, %carry
  %y.end = icmp eq i32 %y.more, %ny
  %y.next = select i1 %y.end, i32 0, i32 %y.more
  %y.carry = zext i1 %y.end to i32
  %z.next = add i32 %z, %y.carry
  %index.next = add i32 %index, 1
  %more = icmp ult i32 %index.next, %count
  br i1 %more, label %one, label %done
done:
  ret void
}

; Runs the threads of a block to their ends, or to an error.
define internal void @emulator.rounds(ptr %block, ptr %launch) {
entry:
  %arrived = alloca [16 x i32]
  call void @llvm.memset.p0.i64(ptr %arrived, i8 0, i64 64, i1 false)
  br label %round
round:
  %moved = call i1 @emulator.warps(ptr %block)
  %outcome = call i32 @emulator.barriers(ptr %block, ptr %launch, ptr %arrived)
  %failed = call i1 @emulator.failed(ptr %block)
  br i1 %failed, label %done, label %judge
judge:
  %released = icmp eq i32 %outcome, 1
  %go = or i1 %moved, %released
  br i1 %go, label %round, label %still
still:
  %over = icmp eq i32 %outcome, 0
  br i1 %over, label %done, label %stuck
stuck:
  call void @emulator.report_stuck(ptr %block)
  br label %done
done:
  ret void
}

; Serves every warp until its threads have exited, wait at barriers, or have yielded; tells whether any yielded.
define internal i1 @emulator.warps(ptr %block) {
entry:
  %threads = get Block.threads %block
  %count = get Block.thread_count %block
  br label %warp
warp:
  %first = phi i32 [ 0, %entry ], [ %first.next, %next ]
  %yielded = phi i1 [ false, %entry ], [ %yielded.next, %next ]
  %left = sub i32 %count, %first
  %lanes = call i32 @llvm.umin.i32(i32 %left, i32 32)
  %base = getelementptr %emulator.Thread, ptr %threads, i32 %first
  br label %step
step:
  call void @emulator.resume_running(ptr %base, i32 %lanes)
  %served = call i32 @emulator.serve(ptr %block, ptr %base, i32 %lanes)
  %again = icmp eq i32 %served, 1
  br i1 %again, label %step, label %next
next:
  %here = icmp eq i32 %served, 2
  %yielded.next = or i1 %yielded, %here
  %first.next = add i32 %first, 32
  %more = icmp ult i32 %first.next, %count
  br i1 %more, label %warp, label %done
done:
  ret i1 %yielded.next
}

define internal void @emulator.resume_running(ptr %base, i32 %lanes) {
entry:
  br label %lane
lane:
  %l = phi i32 [ 0, %entry ], [ %l.next, %next ]
  %thread = getelementptr %emulator.Thread, ptr %base, i32 %l
  %kind = get Thread.kind %thread
  %ready = icmp eq i32 %kind, $Kind.RUNNING
  br i1 %ready, label %go, label %next
go:
  %handle = get Thread.handle %thread
  call void @llvm.coro.resume(ptr %handle)
  br label %next
next:
  %l.next = add i32 %l, 1
  %more = icmp ult i32 %l.next, %lanes
  br i1 %more, label %lane, label %done
done:
  ret void
}

declare void @llvm.coro.resume(ptr)
declare i32 @llvm.umin.i32(i32, i32)
