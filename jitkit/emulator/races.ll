; Races in shared memory. Two accesses of one byte by different threads, at least one a write and not both atomic, must
; have a barrier of the block between them, or, in one warp, a bar.warp.sync (any mask). For each byte the last write
; and the last reads are kept. A barrier with a count is taken to order the whole block, which can hide a race.

define internal void @emulator.new_warp_epoch(ptr %block, ptr %thread) {
  %races = get Block.races %block
  %off = icmp eq ptr %races, null
  br i1 %off, label %done, label %count
count:
  %warp = get Thread.warp %thread
  %at = getelementptr %emulator.Races, ptr %races, i32 0, i32 2, i32 %warp
  %epoch = load i32, ptr %at
  %next = add i32 %epoch, 1
  store i32 %next, ptr %at
  br label %done
done:
  ret void
}

define void @emulator.race(ptr %thread, ptr %block, i64 %address, i64 %size, i32 %line, i32 %access) noinline {
entry:
  %races = get Block.races %block
  %base.p = get Block.shared %block
  %length.32 = get Block.shared_size %block
  %base = ptrtoint ptr %base.p to i64
  %length = zext i32 %length.32 to i64
  %offset = sub i64 %address, %base
  %end = add i64 %offset, %size
  %inside = icmp ule i64 %end, %length
  %starts = icmp ult i64 %offset, %length
  %ok = and i1 %inside, %starts
  br i1 %ok, label %look, label %done
look:
  %shadow.p = getelementptr %emulator.Races, ptr %races, i32 0, i32 3
  %shadow = load ptr, ptr %shadow.p
  %warp = get Thread.warp %thread
  %epoch.p = getelementptr %emulator.Races, ptr %races, i32 0, i32 1
  %own.p = getelementptr %emulator.Races, ptr %races, i32 0, i32 2, i32 %warp
  %epoch = load i32, ptr %epoch.p
  %own = load i32, ptr %own.p
  br label %byte
byte:
  %i = phi i64 [ %offset, %look ], [ %i.next, %next ]
  %entry.p = getelementptr %emulator.Shadow, ptr %shadow, i64 %i
  %other = call i32 @emulator.touch(ptr %thread, ptr %entry.p, i32 %epoch, i32 %own, i32 %access)
  %bad = icmp ne i32 %other, -2
  br i1 %bad, label %report, label %next
report:
  %other.64 = sext i32 %other to i64
  call void @emulator.report_pair(ptr %thread, ptr %block, i32 $Error.RACE, i32 %line, i32 %access, i64 %i, i64 %size, i64 %other.64)
  br label %done
next:
  %i.next = add i64 %i, 1
  %more = icmp ult i64 %i.next, %end
  br i1 %more, label %byte, label %done
done:
  ret void
}

; Notes an access of one byte; returns the thread whose earlier access it races with (-1: not known which), or -2.
define internal i32 @emulator.touch(ptr %thread, ptr %byte, i32 %epoch, i32 %own, i32 %access) {
entry:
  %index = get Thread.index %thread
  %w.epoch.p = getelementptr %emulator.Shadow, ptr %byte, i32 0, i32 0
  %w.own.p = getelementptr %emulator.Shadow, ptr %byte, i32 0, i32 1
  %w.thread.p = getelementptr %emulator.Shadow, ptr %byte, i32 0, i32 2
  %w.atomic.p = getelementptr %emulator.Shadow, ptr %byte, i32 0, i32 3
  %w.epoch = load i32, ptr %w.epoch.p
  %w.own = load i32, ptr %w.own.p
  %w.thread = load i32, ptr %w.thread.p
  %w.atomic = load i32, ptr %w.atomic.p
  %atomic.bit = and i32 %access, $Access.ATOMIC
  %atomic = icmp ne i32 %atomic.bit, 0
  %atomic.32 = zext i1 %atomic to i32
  %both = and i32 %atomic.32, %w.atomic
  %not.both = icmp eq i32 %both, 0
  %w.open = call i1 @emulator.unordered(i32 %index, i32 %epoch, i32 %own, i32 %w.thread, i32 %w.epoch, i32 %w.own)
  %w.race = and i1 %w.open, %not.both
  %plain.bits = and i32 %access, 255
  %reads = icmp eq i32 %plain.bits, $Access.READ
  br i1 %reads, label %read, label %write

read:
  call void @emulator.note_read(ptr %byte, i32 %index, i32 %epoch, i32 %own)
  %read.answer = select i1 %w.race, i32 %w.thread, i32 -2
  ret i32 %read.answer

write:
  %r.epoch.p = getelementptr %emulator.Shadow, ptr %byte, i32 0, i32 4
  %r.own.p = getelementptr %emulator.Shadow, ptr %byte, i32 0, i32 5
  %r.thread.p = getelementptr %emulator.Shadow, ptr %byte, i32 0, i32 6
  %r.spread.p = getelementptr %emulator.Shadow, ptr %byte, i32 0, i32 7
  %r.epoch = load i32, ptr %r.epoch.p
  %r.own = load i32, ptr %r.own.p
  %r.thread = load i32, ptr %r.thread.p
  %r.spread = load i32, ptr %r.spread.p
  %r.one = call i1 @emulator.unordered(i32 %index, i32 %epoch, i32 %own, i32 %r.thread, i32 %r.epoch, i32 %r.own)
  %r.now = icmp eq i32 %r.epoch, %epoch
  %r.same = icmp eq i32 %r.own, %own
  %r.warp = lshr i32 %r.thread, 5
  %warp = lshr i32 %index, 5
  %r.foreign = icmp ne i32 %r.warp, %warp
  %r.near = or i1 %r.foreign, %r.same
  %several = icmp uge i32 %r.spread, 1
  %wide = icmp eq i32 %r.spread, 2
  %r.many.0 = and i1 %several, %r.near
  %r.many.1 = or i1 %r.many.0, %wide
  %r.many = and i1 %r.many.1, %r.now
  %r.race = or i1 %r.one, %r.many
  store i32 %epoch, ptr %w.epoch.p
  store i32 %own, ptr %w.own.p
  store i32 %index, ptr %w.thread.p
  store i32 %atomic.32, ptr %w.atomic.p
  ; The last reader is kept, which may be this thread where several have read
  %r.self = icmp eq i32 %r.thread, %index
  %r.other = select i1 %r.self, i32 -1, i32 %r.thread
  %by.read = select i1 %r.race, i32 %r.other, i32 -2
  %answer = select i1 %w.race, i32 %w.thread, i32 %by.read
  ret i32 %answer
}

; Tells whether nothing orders an access by one thread against an earlier one by another.
define internal i1 @emulator.unordered(i32 %index, i32 %epoch, i32 %own, i32 %other, i32 %other.epoch, i32 %other.own) alwaysinline {
  %now = icmp eq i32 %epoch, %other.epoch
  %differs = icmp ne i32 %index, %other
  %warp = lshr i32 %index, 5
  %other.warp = lshr i32 %other, 5
  %foreign = icmp ne i32 %warp, %other.warp
  %same = icmp eq i32 %own, %other.own
  %near = or i1 %foreign, %same
  %r.0 = and i1 %now, %differs
  %r = and i1 %r.0, %near
  ret i1 %r
}

; Notes a read. The spread says who has read in this epoch: 0 one thread, 1 several of its warp, 2 several warps.
define internal void @emulator.note_read(ptr %byte, i32 %index, i32 %epoch, i32 %own) alwaysinline {
  %epoch.p = getelementptr %emulator.Shadow, ptr %byte, i32 0, i32 4
  %own.p = getelementptr %emulator.Shadow, ptr %byte, i32 0, i32 5
  %thread.p = getelementptr %emulator.Shadow, ptr %byte, i32 0, i32 6
  %spread.p = getelementptr %emulator.Shadow, ptr %byte, i32 0, i32 7
  %old.epoch = load i32, ptr %epoch.p
  %old.thread = load i32, ptr %thread.p
  %old.spread = load i32, ptr %spread.p
  %now = icmp eq i32 %old.epoch, %epoch
  %same = icmp eq i32 %old.thread, %index
  %warp = lshr i32 %index, 5
  %old.warp = lshr i32 %old.thread, 5
  %near = icmp eq i32 %warp, %old.warp
  %apart = select i1 %near, i32 1, i32 2
  %wider = select i1 %same, i32 0, i32 %apart
  %most = call i32 @llvm.umax.i32(i32 %old.spread, i32 %wider)
  %spread = select i1 %now, i32 %most, i32 0
  store i32 %epoch, ptr %epoch.p
  store i32 %own, ptr %own.p
  store i32 %index, ptr %thread.p
  store i32 %spread, ptr %spread.p
  ret void
}
