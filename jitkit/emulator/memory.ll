; What every way of running blocks needs: a block's place in the grid, and its memory.

declare noalias ptr @calloc(i64, i64)
declare noalias ptr @aligned_alloc(i64, i64)
declare void @free(ptr)
declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)
declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)

; Writes the coordinates of a block, by its number, x running fastest.
define internal void @emulator.place(ptr %block, i64 %number) alwaysinline {
  %nx = get Block.nctaid.x %block
  %ny = get Block.nctaid.y %block
  %nx.64 = zext i32 %nx to i64
  %ny.64 = zext i32 %ny to i64
  %x.64 = urem i64 %number, %nx.64
  %row = udiv i64 %number, %nx.64
  %y.64 = urem i64 %row, %ny.64
  %z.64 = udiv i64 %row, %ny.64
  %x = trunc i64 %x.64 to i32
  %y = trunc i64 %y.64 to i32
  %z = trunc i64 %z.64 to i32
  set Block.lost %block, 0
  set Block.ctaid.x %block, %x
  set Block.ctaid.y %block, %y
  set Block.ctaid.z %block, %z
  ret void
}

; Allocates the block's shared memory; its contents are undefined, as on a GPU.
define internal ptr @emulator.shared(ptr %block) alwaysinline {
  %size = get Block.shared_size %block
  %wide = zext i32 %size to i64
  %some = add i64 %wide, 255
  %whole = and i64 %some, -128
  %shared = call ptr @aligned_alloc(i64 128, i64 %whole)
  set Block.shared %block, %shared
  ret ptr %shared
}

define internal i1 @emulator.failed(ptr %block) alwaysinline {
  %error = get Block.error %block
  %at = getelementptr %emulator.Error, ptr %error, i32 0, i32 $Error.kind
  %kind = load atomic i32, ptr %at monotonic, align 4
  %failed = icmp ne i32 %kind, 0
  ret i1 %failed
}

declare i32 @llvm.umax.i32(i32, i32)

; What is known of the accesses of shared memory (see races.ll).
%emulator.Races = type { i32, i32, [32 x i32], ptr }           ; on, block epoch, warp epochs, a shadow for each byte
%emulator.Shadow = type { i32, i32, i32, i32, i32, i32, i32, i32 }
; write: epoch, warp epoch, thread, whether atomic; reads: epoch, warp epoch, first thread, how spread (see @note_read)

define internal ptr @emulator.shadow(ptr %block, ptr %launch) alwaysinline {
entry:
  set Block.races %block, null
  %asked = get Launch.races %launch
  %on = icmp ne i32 %asked, 0
  br i1 %on, label %make, label %none
make:
  %size.32 = get Block.shared_size %block
  %size = zext i32 %size.32 to i64
  %shadows = mul i64 %size, 32
  %bytes = add i64 %shadows, 160
  %races = call ptr @calloc(i64 1, i64 %bytes)
  %first = getelementptr i8, ptr %races, i64 160
  %at = getelementptr %emulator.Races, ptr %races, i32 0, i32 3
  store ptr %first, ptr %at
  set Block.races %block, %races
  ret ptr %races
none:
  ret ptr null
}

; Orders everything before against everything behind, in the whole block.
define internal void @emulator.new_epoch(ptr %races) alwaysinline {
  %off = icmp eq ptr %races, null
  br i1 %off, label %done, label %count
count:
  %at = getelementptr %emulator.Races, ptr %races, i32 0, i32 1
  %epoch = load i32, ptr %at
  %next = add i32 %epoch, 1
  store i32 %next, ptr %at
  br label %done
done:
  ret void
}
