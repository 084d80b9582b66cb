; Running blocks whose threads never wait: a loop over threads, into which the thread's code is inlined.
;
; The block's record and the parameters are copied to the stack, where LLVM sees that nothing else writes to them.

declare void @emulator.thread(i32, i32, i32, ptr, ptr, ptr)

define void @emulator.run(i64 %begin, i64 %end, ptr %launch) {
entry:
  %processor = alloca i32
  call void @emulator.flush(ptr %processor, ptr %launch)
  %block = alloca %emulator.Block
  %thread = alloca %emulator.Thread
  %params = alloca [$parameter_size x i8], align 64
  %template = get Launch.block %launch
  %given = get Launch.params %launch
  call void @llvm.memcpy.p0.p0.i64(ptr %block, ptr %template, i64 $sizeof.Block, i1 false)
  call void @llvm.memcpy.p0.p0.i64(ptr align 8 %params, ptr align 8 %given, i64 $parameter_size, i1 false)
  call void @llvm.memset.p0.i64(ptr %thread, i8 0, i64 $sizeof.Thread, i1 false)
  %shared = call ptr @emulator.shared(ptr %block)
  %races = call ptr @emulator.shadow(ptr %block, ptr %launch)
  %nx = get Block.ntid.x %block
  %ny = get Block.ntid.y %block
  %nz = get Block.ntid.z %block
  br label %next
next:
  %number = phi i64 [ %begin, %entry ], [ %number.next, %end.block ]
  %more = icmp slt i64 %number, %end
  %failed = call i1 @emulator.failed(ptr %block)
  %going = xor i1 %failed, true
  %again = and i1 %more, %going
  br i1 %again, label %run, label %done
run:
  call void @emulator.place(ptr %block, i64 %number)
  call void @emulator.new_epoch(ptr %races)
  br label %plane
plane:
  %z = phi i32 [ 0, %run ], [ %z.next, %end.plane ]
  br label %row
row:
  %y = phi i32 [ 0, %plane ], [ %y.next, %end.row ]
  %zy = mul i32 %z, %ny
  %rows = add i32 %zy, %y
  %before = mul i32 %rows, %nx
  br label %one
one:
  %x = phi i32 [ 0, %row ], [ %x.next, %one.end ]
  %index = add i32 %before, %x
  %lane = and i32 %index, 31
  %warp = lshr i32 %index, 5
  set Thread.index %thread, %index
  set Thread.lane %thread, %lane
  set Thread.warp %thread, %warp
  set Thread.strikes %thread, 0
  set Thread.local_low %thread, -1
  call void @emulator.thread(i32 %x, i32 %y, i32 %z, ptr %thread, ptr %block, ptr %params)
  br label %one.end
one.end:
  %x.next = add nuw nsw i32 %x, 1
  %x.more = icmp ult i32 %x.next, %nx
  br i1 %x.more, label %one, label %end.row
end.row:
  %y.next = add nuw nsw i32 %y, 1
  %y.more = icmp ult i32 %y.next, %ny
  br i1 %y.more, label %row, label %end.plane
end.plane:
  %z.next = add nuw nsw i32 %z, 1
  %z.more = icmp ult i32 %z.next, %nz
  br i1 %z.more, label %plane, label %end.block
end.block:
  %number.next = add i64 %number, 1
  br label %next
done:
  call void @free(ptr %shared)
  call void @free(ptr %races)
  call void @emulator.restore(ptr %processor)
  ret void
}
