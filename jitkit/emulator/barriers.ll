; Barriers of a block, looked at when no thread can run: who waits where, and which of the 16 barriers is complete.

; Returns 0 where every thread has exited, 1 where something was released, 2 where nothing can move.
define internal i32 @emulator.barriers(ptr %block, ptr %launch, ptr %arrived) {
entry:
  %waiting = alloca [16 x i32]    ; threads at each barrier
  %holding = alloca [16 x i32]    ; of them, those whose predicate is true
  %needed = alloca [16 x i32]     ; the threads it waits for; 0 where two wait at different lines
  %line = alloca [16 x i32]       ; the line of the first that waits
  %state = alloca [2 x i32]       ; threads alive; arrivals seen
  call void @llvm.memset.p0.i64(ptr %waiting, i8 0, i64 64, i1 false)
  call void @llvm.memset.p0.i64(ptr %holding, i8 0, i64 64, i1 false)
  call void @llvm.memset.p0.i64(ptr %state, i8 0, i64 8, i1 false)
  %threads = get Block.threads %block
  %count = get Block.thread_count %block
  %strict = get Launch.strict %launch
  %lenient = icmp eq i32 %strict, 0
  %seen = getelementptr i32, ptr %state, i32 1
  br label %thread

thread:
  %i = phi i32 [ 0, %entry ], [ %i.next, %next ]
  %t = getelementptr %emulator.Thread, ptr %threads, i32 %i
  %kind = get Thread.kind %t
  %exited = icmp eq i32 %kind, $Kind.EXITED
  br i1 %exited, label %next, label %living
living:
  call void @emulator.increment(ptr %state, i32 0, i32 1)
  %at.barrier = icmp eq i32 %kind, $Kind.BARRIER
  br i1 %at.barrier, label %barrier, label %next
barrier:
  %number = get Thread.barrier %t
  %id = and i32 %number, 15
  %mode = get Thread.mode %t
  %passing = icmp eq i32 %mode, $BarrierMode.ARRIVE
  br i1 %passing, label %arrive, label %wait
arrive:
  call void @emulator.increment(ptr %arrived, i32 %id, i32 1)
  call void @emulator.increment(ptr %state, i32 1, i32 1)
  set Thread.kind %t, $Kind.RUNNING
  br label %next
wait:
  %predicate = get Thread.a %t
  %holds = icmp ne i64 %predicate, 0
  %one = zext i1 %holds to i32
  %before.p = getelementptr i32, ptr %waiting, i32 %id
  %before = load i32, ptr %before.p
  call void @emulator.increment(ptr %waiting, i32 %id, i32 1)
  call void @emulator.increment(ptr %holding, i32 %id, i32 %one)
  %own.line = get Thread.line %t
  %own.count = get Thread.count %t
  %line.p = getelementptr i32, ptr %line, i32 %id
  %needed.p = getelementptr i32, ptr %needed, i32 %id
  %is.first = icmp eq i32 %before, 0
  br i1 %is.first, label %first, label %compare
first:
  ; Without a count, all the block's threads; -1 stands for them
  %all = icmp eq i32 %own.count, 0
  %asked = select i1 %all, i32 -1, i32 %own.count
  store i32 %own.line, ptr %line.p
  store i32 %asked, ptr %needed.p
  br label %next
compare:
  %first.line = load i32, ptr %line.p
  %needed.now = load i32, ptr %needed.p
  %same = icmp eq i32 %first.line, %own.line
  %counted = icmp ne i32 %own.count, 0
  %fine.0 = or i1 %same, %counted
  %fine = or i1 %fine.0, %lenient
  %needed.new = select i1 %fine, i32 %needed.now, i32 0
  store i32 %needed.new, ptr %needed.p
  br label %next
next:
  %i.next = add i32 %i, 1
  %more = icmp ult i32 %i.next, %count
  br i1 %more, label %thread, label %counted.all

counted.all:
  %alive = load i32, ptr %state
  %none = icmp eq i32 %alive, 0
  br i1 %none, label %over, label %judge
over:
  ret i32 0
judge:
  ; The strict rule: a thread that has exited without reaching the barrier keeps it closed
  %everyone = select i1 %lenient, i32 %alive, i32 %count
  %open = call i32 @emulator.complete(ptr %waiting, ptr %arrived, ptr %needed, i32 %everyone)
  %any.open = icmp ne i32 %open, 0
  br i1 %any.open, label %release, label %closed
closed:
  %arrivals = load i32, ptr %seen
  %moved = icmp ne i32 %arrivals, 0
  %outcome = select i1 %moved, i32 1, i32 2
  ret i32 %outcome
release:
  %shadow = get Block.races %block
  call void @emulator.new_epoch(ptr %shadow)
  call void @emulator.release(ptr %threads, i32 %count, i32 %open, ptr %waiting, ptr %holding)
  ret i32 1
}

define internal void @emulator.increment(ptr %array, i32 %index, i32 %by) alwaysinline {
  %at = getelementptr i32, ptr %array, i32 %index
  %old = load i32, ptr %at
  %new = add i32 %old, %by
  store i32 %new, ptr %at
  ret void
}

; Returns the barriers, a bit each, that all they wait for have reached, and forgets who arrived at them.
define internal i32 @emulator.complete(ptr %waiting, ptr %arrived, ptr %needed, i32 %everyone) {
entry:
  br label %barrier
barrier:
  %id = phi i32 [ 0, %entry ], [ %id.next, %next ]
  %open = phi i32 [ 0, %entry ], [ %open.next, %next ]
  %waiting.p = getelementptr i32, ptr %waiting, i32 %id
  %here = load i32, ptr %waiting.p
  %anyone = icmp ne i32 %here, 0
  br i1 %anyone, label %look, label %next
look:
  %arrived.p = getelementptr i32, ptr %arrived, i32 %id
  %gone = load i32, ptr %arrived.p
  %present = add i32 %here, %gone
  %needed.p = getelementptr i32, ptr %needed, i32 %id
  %asked = load i32, ptr %needed.p
  %all = icmp eq i32 %asked, -1
  %needs = select i1 %all, i32 %everyone, i32 %asked
  %enough = icmp uge i32 %present, %needs
  %agreed = icmp ne i32 %needs, 0
  %opens = and i1 %enough, %agreed
  br i1 %opens, label %take, label %next
take:
  store i32 0, ptr %arrived.p
  %bit = shl i32 1, %id
  %with = or i32 %open, %bit
  br label %next
next:
  %open.next = phi i32 [ %open, %barrier ], [ %open, %look ], [ %with, %take ]
  %id.next = add i32 %id, 1
  %more = icmp ult i32 %id.next, 16
  br i1 %more, label %barrier, label %done
done:
  ret i32 %open.next
}

; Lets the threads at open barriers go on, with the answer to the barrier's reduction.
define internal void @emulator.release(ptr %threads, i32 %count, i32 %open, ptr %waiting, ptr %holding) {
entry:
  br label %thread
thread:
  %i = phi i32 [ 0, %entry ], [ %i.next, %next ]
  %t = getelementptr %emulator.Thread, ptr %threads, i32 %i
  %kind = get Thread.kind %t
  %at.barrier = icmp eq i32 %kind, $Kind.BARRIER
  br i1 %at.barrier, label %barrier, label %next
barrier:
  %number = get Thread.barrier %t
  %id = and i32 %number, 15
  %shifted = lshr i32 %open, %id
  %bit = and i32 %shifted, 1
  %opens = icmp ne i32 %bit, 0
  br i1 %opens, label %go, label %next
go:
  %waiting.p = getelementptr i32, ptr %waiting, i32 %id
  %holding.p = getelementptr i32, ptr %holding, i32 %id
  %all = load i32, ptr %waiting.p
  %true = load i32, ptr %holding.p
  %mode = get Thread.mode %t
  %every = icmp eq i32 %all, %true
  %any = icmp ne i32 %true, 0
  %and = zext i1 %every to i32
  %or = zext i1 %any to i32
  %is.and = icmp eq i32 %mode, $BarrierMode.AND
  %is.or = icmp eq i32 %mode, $BarrierMode.OR
  %some = select i1 %is.or, i32 %or, i32 %true
  %answer = select i1 %is.and, i32 %and, i32 %some
  %wide = zext i32 %answer to i64
  set Thread.result %t, %wide
  set Thread.kind %t, $Kind.RUNNING
  br label %next
next:
  %i.next = add i32 %i, 1
  %more = icmp ult i32 %i.next, %count
  br i1 %more, label %thread, label %done
done:
  ret void
}

; Reports that a block cannot go on: one thread that waits, and the first that does not wait with it.
define internal void @emulator.report_stuck(ptr %block) {
entry:
  %threads = get Block.threads %block
  %count = get Block.thread_count %block
  ; Of threads that were ended for their accesses, nobody expects to arrive
  %lost = get Block.lost %block
  %excused = icmp ne i32 %lost, 0
  br i1 %excused, label %done, label %search
done:
  ret void
search:
  %i = phi i32 [ 0, %entry ], [ %i.next, %not.this ]
  %t = getelementptr %emulator.Thread, ptr %threads, i32 %i
  %kind = get Thread.kind %t
  %exited = icmp eq i32 %kind, $Kind.EXITED
  br i1 %exited, label %not.this, label %found
not.this:
  %i.next = add i32 %i, 1
  br label %search
found:
  %line = get Thread.line %t
  br label %other
other:
  %j = phi i32 [ 0, %found ], [ %j.next, %same ]
  %ended = icmp eq i32 %j, %count
  br i1 %ended, label %alone, label %look
look:
  %u = getelementptr %emulator.Thread, ptr %threads, i32 %j
  %other.kind = get Thread.kind %u
  %other.line = get Thread.line %u
  %same.kind = icmp eq i32 %other.kind, %kind
  %same.line = icmp eq i32 %other.line, %line
  %together = and i1 %same.kind, %same.line
  br i1 %together, label %same, label %differs
same:
  %j.next = add i32 %j, 1
  br label %other
alone:
  br label %report
differs:
  %gone = icmp eq i32 %other.kind, $Kind.EXITED
  %where = select i1 %gone, i32 0, i32 %other.line
  br label %report
report:
  %other.thread = phi i32 [ -1, %alone ], [ %j, %differs ]
  %other.place = phi i32 [ 0, %alone ], [ %where, %differs ]
  %at.barrier = icmp eq i32 %kind, $Kind.BARRIER
  %error = select i1 %at.barrier, i32 $Error.DIVERGENT_BARRIER, i32 $Error.DEADLOCK
  %address = sext i32 %other.thread to i64
  %size = zext i32 %other.place to i64
  call void @emulator.report(ptr %t, ptr %block, i32 %error, i32 %line, i32 0, i64 %address, i64 %size)
  ret void
}
