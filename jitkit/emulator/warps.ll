; Operations of a warp: a lane waits until all that its mask names, and that have not exited, wait for the same.

; Answers what can be answered: 1 where lanes may go on, 2 where lanes have yielded and may go on, 0 where none may.
define internal i32 @emulator.serve(ptr %block, ptr %base, i32 %lanes) {
entry:
  %waits = call { i32, i32, i32 } @emulator.waiting(ptr %base, i32 %lanes)
  %pending.0 = extractvalue { i32, i32, i32 } %waits, 0
  %alive = extractvalue { i32, i32, i32 } %waits, 1
  %yielding = extractvalue { i32, i32, i32 } %waits, 2
  br label %next
next:
  %pending = phi i32 [ %pending.0, %entry ], [ %others, %skip ], [ %rest, %answer ]
  %served = phi i32 [ 0, %entry ], [ %served, %skip ], [ 1, %answer ]
  %none = icmp eq i32 %pending, 0
  br i1 %none, label %done, label %look
look:
  %l = call i32 @llvm.cttz.i32(i32 %pending, i1 true)
  %bit = shl i32 1, %l
  %t = getelementptr %emulator.Thread, ptr %base, i32 %l
  %members = call i32 @emulator.members(ptr %base, ptr %t, i32 %bit, i32 %alive, i32 %pending)
  %ready = icmp ne i32 %members, 0
  br i1 %ready, label %answer, label %skip
skip:
  %unbit = xor i32 %bit, -1
  %others = and i32 %pending, %unbit
  br label %next
answer:
  call void @emulator.answer(ptr %block, ptr %base, ptr %t, i32 %members)
  call void @emulator.wake(ptr %base, i32 %members)
  %unmembers = xor i32 %members, -1
  %rest = and i32 %pending, %unmembers
  br label %next
done:
  %idle = icmp eq i32 %served, 0
  %lazy = icmp ne i32 %yielding, 0
  %both = and i1 %idle, %lazy
  br i1 %both, label %yield, label %leave
yield:
  call void @emulator.wake(ptr %base, i32 %yielding)
  ret i32 2
leave:
  ret i32 %served
}

; Returns the lanes, a bit each, that wait for a warp operation, that have not exited, and that have yielded.
define internal { i32, i32, i32 } @emulator.waiting(ptr %base, i32 %lanes) alwaysinline {
entry:
  br label %lane
lane:
  %l = phi i32 [ 0, %entry ], [ %l.next, %lane ]
  %pending = phi i32 [ 0, %entry ], [ %pending.next, %lane ]
  %alive = phi i32 [ 0, %entry ], [ %alive.next, %lane ]
  %yielding = phi i32 [ 0, %entry ], [ %yielding.next, %lane ]
  %t = getelementptr %emulator.Thread, ptr %base, i32 %l
  %kind = get Thread.kind %t
  %above = icmp uge i32 %kind, $Kind.WARP_SYNC
  %below = icmp ule i32 %kind, $Kind.ACTIVEMASK
  %waits = and i1 %above, %below
  %lives = icmp ne i32 %kind, $Kind.EXITED
  %yields = icmp eq i32 %kind, $Kind.YIELD
  %waits.32 = zext i1 %waits to i32
  %lives.32 = zext i1 %lives to i32
  %yields.32 = zext i1 %yields to i32
  %waits.bit = shl i32 %waits.32, %l
  %lives.bit = shl i32 %lives.32, %l
  %yields.bit = shl i32 %yields.32, %l
  %pending.next = or i32 %pending, %waits.bit
  %alive.next = or i32 %alive, %lives.bit
  %yielding.next = or i32 %yielding, %yields.bit
  %l.next = add i32 %l, 1
  %more = icmp ult i32 %l.next, %lanes
  br i1 %more, label %lane, label %done
done:
  %r.0 = insertvalue { i32, i32, i32 } undef, i32 %pending.next, 0
  %r.1 = insertvalue { i32, i32, i32 } %r.0, i32 %alive.next, 1
  %r.2 = insertvalue { i32, i32, i32 } %r.1, i32 %yielding.next, 2
  ret { i32, i32, i32 } %r.2
}

; Returns the lanes that take part in the operation a lane waits for, or 0 while one of them is still elsewhere.
define internal i32 @emulator.members(ptr %base, ptr %t, i32 %bit, i32 %alive, i32 %pending) {
entry:
  %kind = get Thread.kind %t
  %mask = get Thread.mask %t
  %mode = get Thread.mode %t
  %line = get Thread.line %t
  %active = icmp eq i32 %kind, $Kind.ACTIVEMASK
  %syncs = icmp eq i32 %kind, $Kind.WARP_SYNC
  %strict = icmp eq i32 %mode, $SyncMode.WHOLE
  %whole = and i1 %syncs, %strict
  %counted = select i1 %whole, i32 -1, i32 %alive
  %named = and i32 %mask, %counted
  %candidates = select i1 %active, i32 %pending, i32 %named
  %own = and i32 %candidates, %bit
  %foreign = icmp eq i32 %own, 0
  %unpending = xor i32 %pending, -1
  %missing = and i32 %candidates, %unpending
  %incomplete = icmp ne i32 %missing, 0
  %no = or i1 %foreign, %incomplete
  br i1 %no, label %not.yet, label %lane
not.yet:
  ret i32 0
lane:
  %left = phi i32 [ %candidates, %entry ], [ %left.next, %next ]
  %members = phi i32 [ 0, %entry ], [ %members.next, %next ]
  %l = call i32 @llvm.cttz.i32(i32 %left, i1 true)
  %u = getelementptr %emulator.Thread, ptr %base, i32 %l
  %other.kind = get Thread.kind %u
  %other.mask = get Thread.mask %u
  %other.mode = get Thread.mode %u
  %other.line = get Thread.line %u
  %same.kind = icmp eq i32 %kind, %other.kind
  %same.mask = icmp eq i32 %mask, %other.mask
  %same.mode = icmp eq i32 %mode, %other.mode
  %same.line = icmp eq i32 %line, %other.line
  %same.0 = and i1 %same.mask, %same.mode
  %same.1 = select i1 %active, i1 %same.line, i1 %same.0
  %same = and i1 %same.1, %same.kind
  %its.bit = shl i32 1, %l
  %ok = or i1 %same, %active
  br i1 %ok, label %next, label %not.yet
next:
  %taken = select i1 %same, i32 %its.bit, i32 0
  %members.next = or i32 %members, %taken
  %its.unbit = xor i32 %its.bit, -1
  %left.next = and i32 %left, %its.unbit
  %more = icmp ne i32 %left.next, 0
  br i1 %more, label %lane, label %done
done:
  ret i32 %members.next
}

define internal void @emulator.wake(ptr %base, i32 %members) {
entry:
  br label %lane
lane:
  %left = phi i32 [ %members, %entry ], [ %left.next, %lane ]
  %l = call i32 @llvm.cttz.i32(i32 %left, i1 true)
  %t = getelementptr %emulator.Thread, ptr %base, i32 %l
  set Thread.kind %t, $Kind.RUNNING
  %less = sub i32 %left, 1
  %left.next = and i32 %left, %less
  %more = icmp ne i32 %left.next, 0
  br i1 %more, label %lane, label %done
done:
  ret void
}

; Writes the answers of the operation that lane %t and all %members wait for.
define internal void @emulator.answer(ptr %block, ptr %base, ptr %t, i32 %members) {
entry:
  %kind = get Thread.kind %t
  %mode = get Thread.mode %t
  switch i32 %kind, label %done [
    i32 $Kind.SHUFFLE, label %shuffle
    i32 $Kind.VOTE, label %vote
    i32 $Kind.MATCH, label %match
    i32 $Kind.REDUX, label %redux
    i32 $Kind.ELECT, label %elect
    i32 $Kind.ACTIVEMASK, label %active
    i32 $Kind.WARP_SYNC, label %sync
  ]
shuffle:
  call void @emulator.shuffle(ptr %base, i32 %members, i32 %mode)
  ret void
match:
  call void @emulator.match(ptr %base, i32 %members, i32 %mode)
  ret void
vote:
  %voted = call i64 @emulator.vote(ptr %base, i32 %members, i32 %mode)
  call void @emulator.tell(ptr %base, i32 %members, i64 %voted)
  ret void
redux:
  %reduced = call i64 @emulator.redux(ptr %base, i32 %members, i32 %mode)
  call void @emulator.tell(ptr %base, i32 %members, i64 %reduced)
  ret void
elect:
  %leader = call i32 @llvm.cttz.i32(i32 %members, i1 true)
  %leader.64 = zext i32 %leader to i64
  call void @emulator.tell(ptr %base, i32 %members, i64 %leader.64)
  %chosen = getelementptr %emulator.Thread, ptr %base, i32 %leader
  set Thread.flag %chosen, 1
  ret void
active:
  %members.64 = zext i32 %members to i64
  call void @emulator.tell(ptr %base, i32 %members, i64 %members.64)
  ret void
sync:
  call void @emulator.new_warp_epoch(ptr %block, ptr %t)
  ret void
done:
  ret void
}

; Gives all members one answer, with the flag off.
define internal void @emulator.tell(ptr %base, i32 %members, i64 %answer) {
entry:
  br label %lane
lane:
  %left = phi i32 [ %members, %entry ], [ %left.next, %lane ]
  %l = call i32 @llvm.cttz.i32(i32 %left, i1 true)
  %t = getelementptr %emulator.Thread, ptr %base, i32 %l
  set Thread.result %t, %answer
  set Thread.flag %t, 0
  %less = sub i32 %left, 1
  %left.next = and i32 %left, %less
  %more = icmp ne i32 %left.next, 0
  br i1 %more, label %lane, label %done
done:
  ret void
}

; shfl.sync, as the PTX manual's pseudocode states it; a source that takes no part answers with the lane's own value.
define internal void @emulator.shuffle(ptr %base, i32 %members, i32 %mode) {
entry:
  br label %lane
lane:
  %left = phi i32 [ %members, %entry ], [ %left.next, %lane ]
  %l = call i32 @llvm.cttz.i32(i32 %left, i1 true)
  %t = getelementptr %emulator.Thread, ptr %base, i32 %l
  %b.64 = get Thread.b %t
  %c.64 = get Thread.c %t
  %b.32 = trunc i64 %b.64 to i32
  %c.32 = trunc i64 %c.64 to i32
  %b = and i32 %b.32, 31
  %clamp = and i32 %c.32, 31
  %high = lshr i32 %c.32, 8
  %segment = and i32 %high, 31
  %unsegment = xor i32 %segment, 31
  %lowest = and i32 %l, %segment
  %inside = and i32 %clamp, %unsegment
  %bound = or i32 %lowest, %inside
  %b.inside = and i32 %b, %unsegment
  %up = sub i32 %l, %b
  %down = add i32 %l, %b
  %butterfly = xor i32 %l, %b
  %direct = or i32 %lowest, %b.inside
  %is.up = icmp eq i32 %mode, $ShuffleMode.UP
  %is.down = icmp eq i32 %mode, $ShuffleMode.DOWN
  %is.butterfly = icmp eq i32 %mode, $ShuffleMode.BFLY
  %j.0 = select i1 %is.butterfly, i32 %butterfly, i32 %direct
  %j.1 = select i1 %is.down, i32 %down, i32 %j.0
  %j = select i1 %is.up, i32 %up, i32 %j.1
  %not.below = icmp sge i32 %j, %bound
  %not.above = icmp sle i32 %j, %bound
  %valid = select i1 %is.up, i1 %not.below, i1 %not.above
  %source.0 = select i1 %valid, i32 %j, i32 %l
  %source.1 = and i32 %source.0, 31
  %there = lshr i32 %members, %source.1
  %there.bit = trunc i32 %there to i1
  %source = select i1 %there.bit, i32 %source.1, i32 %l
  %s = getelementptr %emulator.Thread, ptr %base, i32 %source
  %value = get Thread.a %s
  %flag = zext i1 %valid to i32
  set Thread.result %t, %value
  set Thread.flag %t, %flag
  %less = sub i32 %left, 1
  %left.next = and i32 %left, %less
  %more = icmp ne i32 %left.next, 0
  br i1 %more, label %lane, label %done
done:
  ret void
}

; Returns the members, a bit each, whose operand `a` equals a value.
define internal i32 @emulator.equal(ptr %base, i32 %members, i64 %value) {
entry:
  br label %lane
lane:
  %left = phi i32 [ %members, %entry ], [ %left.next, %lane ]
  %found = phi i32 [ 0, %entry ], [ %found.next, %lane ]
  %l = call i32 @llvm.cttz.i32(i32 %left, i1 true)
  %t = getelementptr %emulator.Thread, ptr %base, i32 %l
  %a = get Thread.a %t
  %same = icmp eq i64 %a, %value
  %one = zext i1 %same to i32
  %bit = shl i32 %one, %l
  %found.next = or i32 %found, %bit
  %less = sub i32 %left, 1
  %left.next = and i32 %left, %less
  %more = icmp ne i32 %left.next, 0
  br i1 %more, label %lane, label %done
done:
  ret i32 %found.next
}

define internal i64 @emulator.vote(ptr %base, i32 %members, i32 %mode) {
  %false = call i32 @emulator.equal(ptr %base, i32 %members, i64 0)
  %true = xor i32 %members, %false
  %all = icmp eq i32 %false, 0
  %any = icmp ne i32 %true, 0
  %none = icmp eq i32 %true, 0
  %uniform = or i1 %all, %none
  %ballot = zext i32 %true to i64
  %all.64 = zext i1 %all to i64
  %any.64 = zext i1 %any to i64
  %uniform.64 = zext i1 %uniform to i64
  %is.all = icmp eq i32 %mode, $VoteMode.ALL
  %is.any = icmp eq i32 %mode, $VoteMode.ANY
  %is.uniform = icmp eq i32 %mode, $VoteMode.UNI
  %r.0 = select i1 %is.uniform, i64 %uniform.64, i64 %ballot
  %r.1 = select i1 %is.any, i64 %any.64, i64 %r.0
  %r = select i1 %is.all, i64 %all.64, i64 %r.1
  ret i64 %r
}

define internal void @emulator.match(ptr %base, i32 %members, i32 %mode) {
entry:
  %is.any = icmp eq i32 %mode, $MatchMode.ANY
  br label %lane
lane:
  %left = phi i32 [ %members, %entry ], [ %left.next, %lane ]
  %l = call i32 @llvm.cttz.i32(i32 %left, i1 true)
  %t = getelementptr %emulator.Thread, ptr %base, i32 %l
  %a = get Thread.a %t
  %same = call i32 @emulator.equal(ptr %base, i32 %members, i64 %a)
  %agree = icmp eq i32 %same, %members
  %kept = select i1 %agree, i32 %members, i32 0
  %answer = select i1 %is.any, i32 %same, i32 %kept
  %answer.64 = zext i32 %answer to i64
  %flag = zext i1 %agree to i32
  set Thread.result %t, %answer.64
  set Thread.flag %t, %flag
  %less = sub i32 %left, 1
  %left.next = and i32 %left, %less
  %more = icmp ne i32 %left.next, 0
  br i1 %more, label %lane, label %done
done:
  ret void
}

; Reduces the members' values, in the order of their lanes.
define internal i64 @emulator.redux(ptr %base, i32 %members, i32 %mode) {
entry:
  %first = call i32 @llvm.cttz.i32(i32 %members, i1 true)
  %first.t = getelementptr %emulator.Thread, ptr %base, i32 %first
  %start.64 = get Thread.a %first.t
  %start = trunc i64 %start.64 to i32
  %start.only = call i32 @emulator.combine(i32 %start, i32 %start, i32 %mode, i1 true)
  %one.less = sub i32 %members, 1
  %others = and i32 %members, %one.less
  %single = icmp eq i32 %others, 0
  br i1 %single, label %done, label %lane
lane:
  %left = phi i32 [ %others, %entry ], [ %left.next, %lane ]
  %sum = phi i32 [ %start.only, %entry ], [ %sum.next, %lane ]
  %l = call i32 @llvm.cttz.i32(i32 %left, i1 true)
  %t = getelementptr %emulator.Thread, ptr %base, i32 %l
  %a.64 = get Thread.a %t
  %a = trunc i64 %a.64 to i32
  %sum.next = call i32 @emulator.combine(i32 %sum, i32 %a, i32 %mode, i1 false)
  %less = sub i32 %left, 1
  %left.next = and i32 %left, %less
  %more = icmp ne i32 %left.next, 0
  br i1 %more, label %lane, label %done
done:
  %result = phi i32 [ %start.only, %entry ], [ %sum.next, %lane ]
  %wide = zext i32 %result to i64
  ret i64 %wide
}

; Combines two values; with %one only the first, as a reduction over it alone leaves it.
define internal i32 @emulator.combine(i32 %a, i32 %b, i32 %mode, i1 %one) {
entry:
  %fa.0 = bitcast i32 %a to float
  %fb.0 = bitcast i32 %b to float
  %absolute.0 = icmp eq i32 %mode, $ReduxMode.MIN_ABS_F32
  %absolute.1 = icmp eq i32 %mode, $ReduxMode.MAX_ABS_F32
  %absolute.2 = icmp eq i32 %mode, $ReduxMode.MIN_ABS_NAN_F32
  %absolute.3 = icmp eq i32 %mode, $ReduxMode.MAX_ABS_NAN_F32
  %absolute.01 = or i1 %absolute.0, %absolute.1
  %absolute.23 = or i1 %absolute.2, %absolute.3
  %absolute = or i1 %absolute.01, %absolute.23
  %fa.abs = call float @llvm.fabs.f32(float %fa.0)
  %fb.abs = call float @llvm.fabs.f32(float %fb.0)
  %fa = select i1 %absolute, float %fa.abs, float %fa.0
  %fb = select i1 %absolute, float %fb.abs, float %fb.0
  switch i32 %mode, label %add [
    i32 $ReduxMode.MIN_S32, label %mins
    i32 $ReduxMode.MAX_S32, label %maxs
    i32 $ReduxMode.MIN_U32, label %minu
    i32 $ReduxMode.MAX_U32, label %maxu
    i32 $ReduxMode.AND, label %and
    i32 $ReduxMode.OR, label %or
    i32 $ReduxMode.XOR, label %xor
    i32 $ReduxMode.MIN_F32, label %minf
    i32 $ReduxMode.MIN_ABS_F32, label %minf
    i32 $ReduxMode.MAX_F32, label %maxf
    i32 $ReduxMode.MAX_ABS_F32, label %maxf
    i32 $ReduxMode.MIN_NAN_F32, label %minn
    i32 $ReduxMode.MIN_ABS_NAN_F32, label %minn
    i32 $ReduxMode.MAX_NAN_F32, label %maxn
    i32 $ReduxMode.MAX_ABS_NAN_F32, label %maxn
  ]
add:
  %r.add = add i32 %a, %b
  br label %integer
mins:
  %r.mins = call i32 @llvm.smin.i32(i32 %a, i32 %b)
  br label %integer
maxs:
  %r.maxs = call i32 @llvm.smax.i32(i32 %a, i32 %b)
  br label %integer
minu:
  %r.minu = call i32 @llvm.umin.i32(i32 %a, i32 %b)
  br label %integer
maxu:
  %r.maxu = call i32 @llvm.umax.i32(i32 %a, i32 %b)
  br label %integer
and:
  %r.and = and i32 %a, %b
  br label %integer
or:
  %r.or = or i32 %a, %b
  br label %integer
xor:
  %r.xor = xor i32 %a, %b
  br label %integer
integer:
  %r = phi i32 [ %r.add, %add ], [ %r.mins, %mins ], [ %r.maxs, %maxs ], [ %r.minu, %minu ], [ %r.maxu, %maxu ], [ %r.and, %and ], [ %r.or, %or ], [ %r.xor, %xor ]
  %kept = select i1 %one, i32 %a, i32 %r
  ret i32 %kept
minf:
  %f.min = call float @llvm.minimumnum.f32(float %fa, float %fb)
  br label %floating
maxf:
  %f.max = call float @llvm.maximumnum.f32(float %fa, float %fb)
  br label %floating
minn:
  %f.minn = call float @llvm.minimum.f32(float %fa, float %fb)
  br label %floating
maxn:
  %f.maxn = call float @llvm.maximum.f32(float %fa, float %fb)
  br label %floating
floating:
  %f = phi float [ %f.min, %minf ], [ %f.max, %maxf ], [ %f.minn, %minn ], [ %f.maxn, %maxn ]
  %bits = bitcast float %f to i32
  %nan = fcmp uno float %f, %f
  %canonical = select i1 %nan, i32 2147483647, i32 %bits
  ret i32 %canonical
}

declare i32 @llvm.cttz.i32(i32, i1)
declare i32 @llvm.smin.i32(i32, i32)
declare i32 @llvm.smax.i32(i32, i32)
declare float @llvm.fabs.f32(float)
declare float @llvm.minimumnum.f32(float, float)
declare float @llvm.maximumnum.f32(float, float)
declare float @llvm.minimum.f32(float, float)
declare float @llvm.maximum.f32(float, float)
