; The way from Python into compiled drivers: ptr jitkit_enter(ptr self, ptr args, i64 count), a function of CPython's fast
; calling convention.
;
; Python calls enter(prefix, args): the numbers of a launch space, and the arguments of a launch, as two tuples. `self` is a
; bytes object that holds the table of one driver: its address, the number of 8-byte slots that it reads, how many of
; them are numbers of the space, the class of arrays, and what its arguments are. Where the arguments are just that, their values are laid
; down in slots, the driver is called on them, and None returned; where not, NotImplemented, and nothing has happened.
; jitkit_enter_alone does the same in the calling thread alone.
;
; jitkit_enter_over(self, args, count) is called with the arguments of a launch only, for kernels that do the same for each
; element of arrays of one shape. The last argument is the array for the results, or a tuple of those: the space is the shape
; of the first, all other arrays, lazy ones too, must have that shape, and each be the very same or share no memory with it.
; Where the code is for arrays in no order that are read alone, NumPy's are broadcast to it. A kernel over vectors in C order
; takes arrays of any number of dimensions as vectors, all in C order or all in Fortran's; a number stands where the code is
; for a lazy array of one.
;
; jitkit_enter_new(self, args, count) is called with one array, and makes the array or number for the result itself: all other
; slots stand in `self` as they are to be. It returns None for arrays of another dtype, shape or order. The driver runs in the
; calling thread, and others wait: it is for what takes a few microseconds, of which one is not to be lost on the way.
;
; jitkit_enter_known(self, args, count) is called with an array and what else a function was asked. `self` is a list: the context
; variable that names a backend, the dict of the environment, the name of its variable in that, and then tuples, each of a table
; of jitkit_enter_new and what that is for, as a tuple. It does what that does for the first that is for just this, and fits
; the array. All else that is asked has to be None. It returns None where there is none, or a backend is asked for.
;
; entry.py writes tables, and compares the places at which fields are read here with those of this process.

; ---------------------------------------------------------------------------------------------------------------------
; Python

@_Py_NoneStruct = external global i8
@_Py_NotImplementedStruct = external global i8
@PyLong_Type = external global i8
@PyFloat_Type = external global i8
@jitkit_ready_threads = external global i64 ; by pool.ll

declare void @Py_IncRef(ptr)
declare void @Py_DecRef(ptr)
declare void @PyErr_Clear()
declare ptr @PyObject_GetAttr(ptr, ptr)
declare i32 @PyContextVar_Get(ptr, ptr, ptr)
declare i32 @PyDict_Contains(ptr, ptr)
declare i64 @PyLong_AsLongLong(ptr)
declare double @PyFloat_AsDouble(ptr)
declare i64 @PyLong_AsLongLongAndOverflow(ptr, ptr)
declare ptr @jitkit_new_array(ptr, ptr, i32, ptr, ptr, ptr, i32, ptr) ; NumPy's PyArray_NewFromDescr, named by entry.py
declare ptr @PyType_GenericAlloc(ptr, i64)
declare ptr @PyEval_SaveThread()
declare void @PyEval_RestoreThread(ptr)

; The heads of objects, as far as they are read.
%object = type { i64, ptr }
%bytes = type { %object, i64, i64, [0 x i64] }
%tuple = type { %object, i64, [{gap} x i64], [0 x ptr] } ; entry.py says whether a hash stands before the members (Python 3.14)
%list = type { %object, i64, ptr } ; how many, and where they stand
%scalar = type { %object, [0 x i8] }
%array = type { %object, ptr, i32, ptr, ptr, ptr, ptr, i32 } ; data, dimensions, shape, strides, base, dtype, flags
%dtype = type { %object, ptr, i64, i64, i64 } ; class, kind: its characters and number, one byte of it without meaning, flags, bytes

; ---------------------------------------------------------------------------------------------------------------------
; Arguments. A cursor is three pointers, to what the table says next, to the next free slot, and to the array whose shape the
; space is, or null; and whether what is taken lies inside a lazy array, whose shape was compared.

%cursor = type { ptr, ptr, ptr, i1 }

define internal i64 @next(ptr %cursor) alwaysinline {
  %at = load ptr, ptr %cursor
  %word = load i64, ptr %at
  %following = getelementptr i64, ptr %at, i64 1
  store ptr %following, ptr %cursor
  ret i64 %word
}

define internal void @put(ptr %cursor, i64 %value) alwaysinline {
  %place = getelementptr %cursor, ptr %cursor, i64 0, i32 1
  %at = load ptr, ptr %place
  store i64 %value, ptr %at
  %following = getelementptr i64, ptr %at, i64 1
  store ptr %following, ptr %place
  ret void
}

define internal void @put_all(ptr %cursor, ptr %words, i64 %count) alwaysinline {
entry:
  br label %look

look:
  %k = phi i64 [ 0, %entry ], [ %k.next, %one ]
  %more = icmp ult i64 %k, %count
  br i1 %more, label %one, label %done

one:
  %place = getelementptr i64, ptr %words, i64 %k
  %word = load i64, ptr %place
  call void @put(ptr %cursor, i64 %word)
  %k.next = add i64 %k, 1
  br label %look

done:
  ret void
}

; Tells whether an object is of the class that the table names next, and not of one derived from it.
define internal i1 @has_class(ptr %value, ptr %cursor) alwaysinline {
  %wanted = call i64 @next(ptr %cursor)
  %place = getelementptr %object, ptr %value, i64 0, i32 1
  %class = load i64, ptr %place
  %same = icmp eq i64 %class, %wanted
  ret i1 %same
}

; Takes one argument: false where it is not what the table says.
define internal i1 @take(ptr %value, ptr %cursor) {
  %what = call i64 @next(ptr %cursor)
  switch i64 %what, label %other [
    i64 0, label %array
    i64 1, label %integer
    i64 2, label %scalar
    i64 3, label %boolean
    i64 4, label %tuple
    i64 5, label %fields
  ]
array:
  %is.array = call i1 @take_array(ptr %value, ptr %cursor)
  ret i1 %is.array
integer:
  %is.integer = call i1 @take_integer(ptr %value, ptr %cursor)
  ret i1 %is.integer
scalar:
  %is.scalar = call i1 @take_scalar(ptr %value, ptr %cursor)
  ret i1 %is.scalar
boolean:
  %is.boolean = call i1 @take_boolean(ptr %value, ptr %cursor)
  ret i1 %is.boolean
tuple:
  %is.tuple = call i1 @take_tuple(ptr %value, ptr %cursor)
  ret i1 %is.tuple
fields:
  %are.fields = call i1 @take_fields(ptr %value, ptr %cursor)
  ret i1 %are.fields
other:
  ret i1 false
}

; The table: class, kind of the dtype and which of its bits mean something, or the address of the dtype of records and all
; bits, dimensions, which flags decide, what they are, bytes of an element, and what the step along the last axis is
; at least and how many bytes it may be more. The slots: a Numba array of memory that it does not own.
define internal i1 @take_array(ptr %value, ptr %cursor) alwaysinline {
entry:
  %is.array = call i1 @has_class(ptr %value, ptr %cursor)
  br i1 %is.array, label %look, label %other

look:
  %kind.wanted = call i64 @next(ptr %cursor)
  %kind.meant = call i64 @next(ptr %cursor)
  %ndim.wanted = call i64 @next(ptr %cursor)
  %flags.meant = call i64 @next(ptr %cursor)
  %flags.wanted = call i64 @next(ptr %cursor)
  %itemsize = call i64 @next(ptr %cursor)
  %least = call i64 @next(ptr %cursor)
  %span = call i64 @next(ptr %cursor)
  %dtype.place = getelementptr %array, ptr %value, i64 0, i32 6
  %dtype = load ptr, ptr %dtype.place
  %kind.place = getelementptr %dtype, ptr %dtype, i64 0, i32 2
  %kind.held = load i64, ptr %kind.place
  %dtype.address = ptrtoint ptr %dtype to i64
  %of.records = icmp eq i64 %kind.meant, -1
  %kind.all = select i1 %of.records, i64 %dtype.address, i64 %kind.held
  %kind = and i64 %kind.all, %kind.meant
  %kind.fits = icmp eq i64 %kind, %kind.wanted
  %flags.place = getelementptr %array, ptr %value, i64 0, i32 7
  %flags.short = load i32, ptr %flags.place
  %flags.held = zext i32 %flags.short to i64
  %ndim = call i64 @dimensions(ptr %value)
  %ndim.same = icmp eq i64 %ndim, %ndim.wanted
  %model.place = getelementptr %cursor, ptr %cursor, i64 0, i32 2
  %model = load ptr, ptr %model.place
  %over = icmp ne ptr %model, null
  %inside.place = getelementptr %cursor, ptr %cursor, i64 0, i32 3
  %inside = load i1, ptr %inside.place
  %outside = xor i1 %inside, true
  %whole = and i1 %over, %outside
  %contiguous = trunc i64 %flags.wanted to i1 ; in C order
  %of.vectors = icmp eq i64 %ndim.wanted, 1
  %any = and i1 %contiguous, %of.vectors
  %flat = and i1 %any, %whole
  %turned = call i1 @lies_turned(ptr %model)
  %as.turned = and i1 %turned, %flat
  %fortran = lshr i64 %flags.held, 1 ; the bit of Fortran's order in place of that of C's
  %fortran.bit = and i64 %fortran, 1
  %flags.others = and i64 %flags.held, -2
  %flags.turned = or i64 %flags.others, %fortran.bit
  %flags.all = select i1 %as.turned, i64 %flags.turned, i64 %flags.held
  %flags = and i64 %flags.all, %flags.meant
  %flags.fit = icmp eq i64 %flags, %flags.wanted
  %ndim.fits = or i1 %flat, %ndim.same
  %both = and i1 %kind.fits, %ndim.fits
  %all = and i1 %both, %flags.fit
  br i1 %all, label %beside, label %broadcast

broadcast:
  %flags.broadcast = icmp eq i64 %flags.wanted, 256 ; of what may be read alone, in no order
  %reads = and i1 %whole, %flags.broadcast
  %fits = and i1 %reads, %kind.fits
  br i1 %fits, label %stretch, label %other

stretch:
  %stretched = call i1 @put_stretched(ptr %value, ptr %cursor, ptr %model, i64 %ndim.wanted, i64 %itemsize, i64 %least, i64 %span)
  ret i1 %stretched

beside:
  %any.step = icmp eq i64 %span, -1
  br i1 %any.step, label %alike, label %step

step:
  %last = sub i64 %ndim, 1
  %steps.place = getelementptr %array, ptr %value, i64 0, i32 4
  %steps = load ptr, ptr %steps.place
  %step.place = getelementptr i64, ptr %steps, i64 %last
  %step.held = load i64, ptr %step.place
  %step.more = sub i64 %step.held, %least
  %step.fits = icmp ule i64 %step.more, %span
  br i1 %step.fits, label %alike, label %other

alike:
  br i1 %over, label %compare, label %write

compare:
  %goes = call i1 @goes_with(ptr %value, ptr %model, i1 %inside)
  br i1 %goes, label %write, label %other

write:
  %shape = call ptr @shape(ptr %value)
  %items = call i64 @product(ptr %shape, i64 %ndim)
  %data.place = getelementptr %array, ptr %value, i64 0, i32 1
  %data = load i64, ptr %data.place
  call void @put(ptr %cursor, i64 0)
  call void @put(ptr %cursor, i64 0)
  call void @put(ptr %cursor, i64 %items)
  call void @put(ptr %cursor, i64 %itemsize)
  call void @put(ptr %cursor, i64 %data)
  br i1 %flat, label %vector, label %axes

vector:
  call void @put(ptr %cursor, i64 %items)
  call void @put(ptr %cursor, i64 %itemsize)
  ret i1 true

axes:
  %strides.place = getelementptr %array, ptr %value, i64 0, i32 4
  %strides = load ptr, ptr %strides.place
  call void @put_all(ptr %cursor, ptr %shape, i64 %ndim)
  call void @put_all(ptr %cursor, ptr %strides, i64 %ndim)
  ret i1 true
other:
  ret i1 false
}

; Puts an array as NumPy broadcasts it to the shape of another, which has `ndim` dimensions. False where that does not go, or
; they share memory, and where nothing is repeated, or the code is for other steps along the last axis: there may be faster code for it.
define internal i1 @put_stretched(
  ptr %value, ptr %cursor, ptr %model, i64 %ndim, i64 %itemsize, i64 %least, i64 %span
) {
entry:
  %goes = call i1 @goes_with(ptr %value, ptr %model, i1 true)
  %flags.place = getelementptr %array, ptr %value, i64 0, i32 7
  %flags = load i32, ptr %flags.place
  %aligned.bit = and i32 %flags, 256
  %aligned = icmp ne i32 %aligned.bit, 0
  %ndim.model = call i64 @dimensions(ptr %model)
  %same = icmp eq i64 %ndim.model, %ndim
  %own = call i64 @dimensions(ptr %value)
  %missing = sub i64 %ndim, %own
  %few = icmp sge i64 %missing, 0
  %usable = and i1 %goes, %aligned
  %fits = and i1 %same, %few
  %good = and i1 %usable, %fits
  br i1 %good, label %begin, label %no

begin:
  %shape = call ptr @shape(ptr %value)
  %shape.model = call ptr @shape(ptr %model)
  %strides.place = getelementptr %array, ptr %value, i64 0, i32 4
  %strides = load ptr, ptr %strides.place
  %items = call i64 @product(ptr %shape.model, i64 %ndim)
  %data.place = getelementptr %array, ptr %value, i64 0, i32 1
  %data = load i64, ptr %data.place
  call void @put(ptr %cursor, i64 0)
  call void @put(ptr %cursor, i64 0)
  call void @put(ptr %cursor, i64 %items)
  call void @put(ptr %cursor, i64 %itemsize)
  call void @put(ptr %cursor, i64 %data)
  call void @put_all(ptr %cursor, ptr %shape.model, i64 %ndim)
  br label %axis

axis:
  %k = phi i64 [ 0, %begin ], [ %k.next, %put ]
  %any = phi i1 [ false, %begin ], [ %any.next, %put ]
  %last = phi i64 [ 0, %begin ], [ %step, %put ]
  %more = icmp ult i64 %k, %ndim
  br i1 %more, label %look, label %done

look:
  %at = sub i64 %k, %missing
  %there = icmp sge i64 %at, 0
  br i1 %there, label %extent, label %put

extent:
  %n.place = getelementptr i64, ptr %shape, i64 %at
  %n = load i64, ptr %n.place
  %n.model.place = getelementptr i64, ptr %shape.model, i64 %k
  %n.model = load i64, ptr %n.model.place
  %stride.place = getelementptr i64, ptr %strides, i64 %at
  %stride = load i64, ptr %stride.place
  %one = icmp eq i64 %n, 1
  %moved = select i1 %one, i64 0, i64 %stride
  %whole = icmp eq i64 %n, %n.model
  %known = or i1 %one, %whole
  %longer = xor i1 %whole, true
  br i1 %known, label %put, label %no

put:
  %step = phi i64 [ 0, %look ], [ %moved, %extent ]
  %repeats = phi i1 [ true, %look ], [ %longer, %extent ]
  %any.next = or i1 %any, %repeats
  call void @put(ptr %cursor, i64 %step)
  %k.next = add i64 %k, 1
  br label %axis

done:
  %more.bytes = sub i64 %last, %least
  %step.fits = icmp ule i64 %more.bytes, %span
  %stretches = and i1 %any, %step.fits
  ret i1 %stretches
no:
  ret i1 false
}

; Tells whether an array, or null, lies in Fortran's order and not in C's.
define internal i1 @lies_turned(ptr %array) alwaysinline {
entry:
  %none = icmp eq ptr %array, null
  br i1 %none, label %no, label %look

look:
  %flags.place = getelementptr %array, ptr %array, i64 0, i32 7
  %flags = load i32, ptr %flags.place
  %order = and i32 %flags, 3
  %turned = icmp eq i32 %order, 2
  ret i1 %turned
no:
  ret i1 false
}

define internal i64 @dimensions(ptr %array) alwaysinline {
  %place = getelementptr %array, ptr %array, i64 0, i32 2
  %short = load i32, ptr %place
  %count = zext i32 %short to i64
  ret i64 %count
}

define internal ptr @shape(ptr %array) alwaysinline {
  %place = getelementptr %array, ptr %array, i64 0, i32 3
  %shape = load ptr, ptr %place
  ret ptr %shape
}

define internal i64 @product(ptr %extents, i64 %count) alwaysinline {
entry:
  br label %look

look:
  %k = phi i64 [ 0, %entry ], [ %k.next, %one ]
  %so.far = phi i64 [ 1, %entry ], [ %product, %one ]
  %more = icmp ult i64 %k, %count
  br i1 %more, label %one, label %done

one:
  %place = getelementptr i64, ptr %extents, i64 %k
  %extent = load i64, ptr %place
  %product = mul i64 %so.far, %extent
  %k.next = add i64 %k, 1
  br label %look

done:
  ret i64 %so.far
}

; Tells whether an array has the shape of another, and is that one or shares no memory with it; what lies inside a lazy array,
; which may read any element for each, only whether it shares none.
define internal i1 @goes_with(ptr %value, ptr %model, i1 %inside) {
entry:
  br i1 %inside, label %memory, label %itself

itself:
  %same = icmp eq ptr %value, %model
  br i1 %same, label %yes, label %count

count:
  %ndim = call i64 @dimensions(ptr %value)
  %ndim.model = call i64 @dimensions(ptr %model)
  %ndim.fits = icmp eq i64 %ndim, %ndim.model
  %shape = call ptr @shape(ptr %value)
  %shape.model = call ptr @shape(ptr %model)
  br i1 %ndim.fits, label %axis, label %no

axis:
  %k = phi i64 [ 0, %count ], [ %k.next, %extent ]
  %more = icmp ult i64 %k, %ndim
  br i1 %more, label %extent, label %memory

extent:
  %place = getelementptr i64, ptr %shape, i64 %k
  %n = load i64, ptr %place
  %place.model = getelementptr i64, ptr %shape.model, i64 %k
  %n.model = load i64, ptr %place.model
  %n.fits = icmp eq i64 %n, %n.model
  %k.next = add i64 %k, 1
  br i1 %n.fits, label %axis, label %no

memory:
  %first = call i64 @bound(ptr %value, i1 false)
  %end = call i64 @bound(ptr %value, i1 true)
  %first.model = call i64 @bound(ptr %model, i1 false)
  %end.model = call i64 @bound(ptr %model, i1 true)
  %before = icmp ule i64 %end, %first.model
  %behind = icmp ule i64 %end.model, %first
  %apart = or i1 %before, %behind
  ret i1 %apart
yes:
  ret i1 true
no:
  ret i1 false
}

; Returns the address where an array's memory begins, or ends.
define internal i64 @bound(ptr %value, i1 %last) {
entry:
  %data.place = getelementptr %array, ptr %value, i64 0, i32 1
  %data = load i64, ptr %data.place
  %ndim = call i64 @dimensions(ptr %value)
  %shape = call ptr @shape(ptr %value)
  %strides.place = getelementptr %array, ptr %value, i64 0, i32 4
  %strides = load ptr, ptr %strides.place
  br label %axis

axis:
  %k = phi i64 [ 0, %entry ], [ %k.next, %step ]
  %at = phi i64 [ %data, %entry ], [ %at.next, %step ]
  %more = icmp ult i64 %k, %ndim
  br i1 %more, label %step, label %done

step:
  %n.place = getelementptr i64, ptr %shape, i64 %k
  %n = load i64, ptr %n.place
  %d.place = getelementptr i64, ptr %strides, i64 %k
  %d = load i64, ptr %d.place
  %steps = sub i64 %n, 1
  %way = mul i64 %steps, %d
  %onwards = icmp sgt i64 %way, 0
  %counts = icmp eq i1 %onwards, %last
  %moved = select i1 %counts, i64 %way, i64 0
  %at.next = add i64 %at, %moved
  %k.next = add i64 %k, 1
  br label %axis

done:
  %dtype.place = getelementptr %array, ptr %value, i64 0, i32 6
  %dtype = load ptr, ptr %dtype.place
  %size.place = getelementptr %dtype, ptr %dtype, i64 0, i32 4
  %size = load i64, ptr %size.place
  %rest = select i1 %last, i64 %size, i64 0
  %bound = add i64 %at, %rest
  ret i64 %bound
}

; The table: class. One slot.
define internal i1 @take_integer(ptr %value, ptr %cursor) alwaysinline {
entry:
  %overflow = alloca i32
  %is.integer = call i1 @has_class(ptr %value, ptr %cursor)
  br i1 %is.integer, label %read, label %other

read:
  %number = call i64 @PyLong_AsLongLongAndOverflow(ptr %value, ptr %overflow)
  call void @put(ptr %cursor, i64 %number)
  %over = load i32, ptr %overflow
  %fits = icmp eq i32 %over, 0
  ret i1 %fits

other:
  ret i1 false
}

; The table: class, slots: one, or two for a complex number.
define internal i1 @take_scalar(ptr %value, ptr %cursor) alwaysinline {
entry:
  %is.scalar = call i1 @has_class(ptr %value, ptr %cursor)
  br i1 %is.scalar, label %read, label %other

read:
  %slots = call i64 @next(ptr %cursor)
  %first.place = getelementptr %scalar, ptr %value, i64 0, i32 1
  %first = load i64, ptr %first.place
  call void @put(ptr %cursor, i64 %first)
  %two = icmp eq i64 %slots, 2
  br i1 %two, label %second, label %done

second:
  %second.place = getelementptr i64, ptr %first.place, i64 1
  %second.value = load i64, ptr %second.place
  call void @put(ptr %cursor, i64 %second.value)
  br label %done

done:
  ret i1 true
other:
  ret i1 false
}

; The table: Python's True and NumPy's, Python's False and NumPy's. One slot.
define internal i1 @take_boolean(ptr %value, ptr %cursor) alwaysinline {
  %this = ptrtoint ptr %value to i64
  %true.python = call i64 @next(ptr %cursor)
  %true.numpy = call i64 @next(ptr %cursor)
  %false.python = call i64 @next(ptr %cursor)
  %false.numpy = call i64 @next(ptr %cursor)
  %a = icmp eq i64 %this, %true.python
  %b = icmp eq i64 %this, %true.numpy
  %c = icmp eq i64 %this, %false.python
  %d = icmp eq i64 %this, %false.numpy
  %true = or i1 %a, %b
  %false = or i1 %c, %d
  %number = zext i1 %true to i64
  call void @put(ptr %cursor, i64 %number)
  %known = or i1 %true, %false
  ret i1 %known
}

; The table: class, length, what the members are.
define internal i1 @take_tuple(ptr %value, ptr %cursor) {
entry:
  %is.tuple = call i1 @has_class(ptr %value, ptr %cursor)
  br i1 %is.tuple, label %look, label %other

look:
  %wanted = call i64 @next(ptr %cursor)
  %length.place = getelementptr %tuple, ptr %value, i64 0, i32 1
  %length = load i64, ptr %length.place
  %fits = icmp eq i64 %length, %wanted
  br i1 %fits, label %member, label %other

member:
  %k = phi i64 [ 0, %look ], [ %k.next, %taken ]
  %more = icmp ult i64 %k, %length
  br i1 %more, label %one, label %done

one:
  %place = getelementptr %tuple, ptr %value, i64 0, i32 3, i64 %k
  %item = load ptr, ptr %place
  %good = call i1 @take(ptr %item, ptr %cursor)
  br i1 %good, label %taken, label %other

taken:
  %k.next = add i64 %k, 1
  br label %member

done:
  ret i1 true
other:
  ret i1 false
}

; Returns a new reference to an attribute, by its name or the byte at which the object holds it, or null, and Python may have
; been told.
define internal ptr @attribute(ptr %value, i64 %name) alwaysinline {
entry:
  %held = icmp ult i64 %name, 4096 ; where no object has its address
  br i1 %held, label %slot, label %named

slot:
  %place = getelementptr i8, ptr %value, i64 %name
  %item = load ptr, ptr %place
  call void @Py_IncRef(ptr %item) ; of none it is null, which this allows
  ret ptr %item

named:
  %text = inttoptr i64 %name to ptr
  %found = call ptr @PyObject_GetAttr(ptr %value, ptr %text)
  ret ptr %found
}

; Of a dataclass. The table: class, "shape", how many fields, of each its name and what it is; in place of names the bytes at
; which slots are. The object keeps its fields alive. Over the shape of an array, one that is no number is a lazy array of that shape.
define internal i1 @take_fields(ptr %value, ptr %cursor) {
entry:
  %model.place = getelementptr %cursor, ptr %cursor, i64 0, i32 2
  %model = load ptr, ptr %model.place
  %over = icmp ne ptr %model, null
  %class.place = getelementptr %object, ptr %value, i64 0, i32 1
  %class.held = load i64, ptr %class.place
  %wanted.place = load ptr, ptr %cursor
  %wanted = load i64, ptr %wanted.place
  %other.class = icmp ne i64 %class.held, %wanted
  %may.stand = and i1 %over, %other.class
  br i1 %may.stand, label %number, label %class

number:
  call i64 @next(ptr %cursor)
  call i64 @next(ptr %cursor)
  %fields = call i64 @next(ptr %cursor)
  call i64 @next(ptr %cursor)
  %inside.place = load ptr, ptr %cursor
  %inside = load i64, ptr %inside.place
  %one.field = icmp eq i64 %fields, 1
  %is.number = icmp ule i64 1, %inside
  %is.plain = icmp ule i64 %inside, 3
  %one.number = and i1 %one.field, %is.number
  %stands = and i1 %one.number, %is.plain
  br i1 %stands, label %alone, label %other

alone:
  %taken.alone = call i1 @take(ptr %value, ptr %cursor)
  ret i1 %taken.alone

class:
  %is.class = call i1 @has_class(ptr %value, ptr %cursor)
  br i1 %is.class, label %look, label %other

look:
  %shape.name = call i64 @next(ptr %cursor)
  br i1 %over, label %compare, label %begin

compare:
  %fits = call i1 @has_shape(ptr %value, i64 %shape.name, ptr %model)
  br i1 %fits, label %begin, label %other

begin:
  %inside.flag = getelementptr %cursor, ptr %cursor, i64 0, i32 3
  %outer = load i1, ptr %inside.flag
  store i1 true, ptr %inside.flag
  %count = call i64 @next(ptr %cursor)
  br label %field

field:
  %k = phi i64 [ 0, %begin ], [ %k.next, %taken ]
  %more = icmp ult i64 %k, %count
  br i1 %more, label %one, label %done

one:
  %name = call i64 @next(ptr %cursor)
  %item = call ptr @attribute(ptr %value, i64 %name)
  %missing = icmp eq ptr %item, null
  br i1 %missing, label %clear, label %found

found:
  %good = call i1 @take(ptr %item, ptr %cursor)
  call void @Py_DecRef(ptr %item)
  br i1 %good, label %taken, label %other

taken:
  %k.next = add i64 %k, 1
  br label %field

clear:
  call void @PyErr_Clear()
  br label %other

done:
  store i1 %outer, ptr %inside.flag
  ret i1 true
other:
  ret i1 false
}

; Tells whether an object has the shape of an array in an attribute, a tuple of integers.
define internal i1 @has_shape(ptr %value, i64 %name, ptr %model) alwaysinline {
entry:
  %held = call ptr @attribute(ptr %value, i64 %name)
  %missing = icmp eq ptr %held, null
  br i1 %missing, label %clear, label %length

clear:
  call void @PyErr_Clear()
  ret i1 false

length:
  %ndim = call i64 @dimensions(ptr %model)
  %shape = call ptr @shape(ptr %model)
  %length.place = getelementptr %tuple, ptr %held, i64 0, i32 1
  %length.held = load i64, ptr %length.place
  %as.long = icmp eq i64 %length.held, %ndim
  br i1 %as.long, label %axis, label %done

axis:
  %k = phi i64 [ 0, %length ], [ %k.next, %same ]
  %more = icmp ult i64 %k, %ndim
  br i1 %more, label %extent, label %done

extent:
  %item.place = getelementptr %tuple, ptr %held, i64 0, i32 3, i64 %k
  %item = load ptr, ptr %item.place
  %n.held = call i64 @PyLong_AsLongLong(ptr %item)
  %n.place = getelementptr i64, ptr %shape, i64 %k
  %n = load i64, ptr %n.place
  %n.same = icmp eq i64 %n.held, %n
  br i1 %n.same, label %same, label %done

same:
  %k.next = add i64 %k, 1
  br label %axis

done:
  %fits = phi i1 [ false, %length ], [ true, %axis ], [ false, %extent ]
  call void @Py_DecRef(ptr %held)
  ret i1 %fits
}

; ---------------------------------------------------------------------------------------------------------------------

define ptr @jitkit_enter(ptr %self, ptr %args, i64 %count) {
  %threads = load atomic i64, ptr @jitkit_ready_threads monotonic, align 8
  %values.place = getelementptr ptr, ptr %args, i64 1
  %values = load ptr, ptr %values.place
  %prefix = load ptr, ptr %args
  %result = call ptr @enter(ptr %self, ptr %prefix, ptr %values, ptr null, i64 %threads)
  ret ptr %result
}

define ptr @jitkit_enter_alone(ptr %self, ptr %args, i64 %count) {
  %values.place = getelementptr ptr, ptr %args, i64 1
  %values = load ptr, ptr %values.place
  %prefix = load ptr, ptr %args
  %result = call ptr @enter(ptr %self, ptr %prefix, ptr %values, ptr null, i64 1)
  ret ptr %result
}

define ptr @jitkit_enter_over(ptr %self, ptr %args, i64 %count) {
entry:
  %threads = load atomic i64, ptr @jitkit_ready_threads monotonic, align 8
  %values = load ptr, ptr %args
  %length.place = getelementptr %tuple, ptr %values, i64 0, i32 1
  %length = load i64, ptr %length.place
  %at = sub i64 %length, 1
  %last.place = getelementptr %tuple, ptr %values, i64 0, i32 3, i64 %at
  %last = load ptr, ptr %last.place
  %class.place = getelementptr %object, ptr %values, i64 0, i32 1
  %class = load i64, ptr %class.place
  %class.last.place = getelementptr %object, ptr %last, i64 0, i32 1
  %class.last = load i64, ptr %class.last.place
  %several = icmp eq i64 %class.last, %class
  br i1 %several, label %tuple, label %go

tuple:
  %first.place = getelementptr %tuple, ptr %last, i64 0, i32 3, i64 0
  %first = load ptr, ptr %first.place
  br label %go

go:
  %model = phi ptr [ %last, %entry ], [ %first, %tuple ]
  %result = call ptr @enter(ptr %self, ptr null, ptr %values, ptr %model, i64 %threads)
  ret ptr %result
}

; Returns a new array, in Fortran's order or in C's; null where Python was told of an error.
define internal ptr @made(ptr %class, ptr %dtype, i64 %ndim, ptr %shape, i1 %turned) alwaysinline {
  %flags = select i1 %turned, i32 2, i32 0
  %count = trunc i64 %ndim to i32
  call void @Py_IncRef(ptr %dtype) ; the array takes it
  %array = call ptr @jitkit_new_array(
    ptr %class, ptr %dtype, i32 %count, ptr %shape, ptr null, ptr null, i32 %flags, ptr null
  )
  ret ptr %array
}

; The table: driver, slots, class of arrays, kind of the dtype, dimensions and shape, at which slots the address of the elements
; stands, once or twice, at which that of the results, the class of the result where it is a number or 0, of an array its dtype,
; dimensions and shape, and the slots, of which each launch takes a copy.
define ptr @jitkit_enter_new(ptr %self, ptr %args, i64 %count) {
entry:
  %cursor = alloca %cursor
  %table = getelementptr %bytes, ptr %self, i64 0, i32 3
  store ptr %table, ptr %cursor
  %x = load ptr, ptr %args
  %driver.number = call i64 @next(ptr %cursor)
  %driver = inttoptr i64 %driver.number to ptr
  %size = call i64 @next(ptr %cursor)
  %slots = alloca i64, i64 %size
  %alone = icmp eq i64 %count, 1
  br i1 %alone, label %class, label %other

class:
  %is.array = call i1 @has_class(ptr %x, ptr %cursor)
  br i1 %is.array, label %look, label %other

look:
  %kind.wanted = call i64 @next(ptr %cursor)
  %kind.meant = call i64 @next(ptr %cursor)
  %flags.wanted = call i64 @next(ptr %cursor)
  %ndim.wanted = call i64 @next(ptr %cursor)
  %dtype.place = getelementptr %array, ptr %x, i64 0, i32 6
  %dtype = load ptr, ptr %dtype.place
  %kind.place = getelementptr %dtype, ptr %dtype, i64 0, i32 2
  %kind.held = load i64, ptr %kind.place
  %kind = and i64 %kind.held, %kind.meant
  %kind.fits = icmp eq i64 %kind, %kind.wanted
  %flags.place = getelementptr %array, ptr %x, i64 0, i32 7
  %flags.short = load i32, ptr %flags.place
  %flags.held = zext i32 %flags.short to i64
  %flags = and i64 %flags.held, %flags.wanted
  %flags.fit = icmp eq i64 %flags, %flags.wanted
  %ndim = call i64 @dimensions(ptr %x)
  %ndim.fits = icmp eq i64 %ndim, %ndim.wanted
  %like = and i1 %kind.fits, %flags.fit
  %all = and i1 %like, %ndim.fits
  br i1 %all, label %begin, label %other

begin:
  %shape = call ptr @shape(ptr %x)
  br label %axis

axis:
  %k = phi i64 [ 0, %begin ], [ %k.next, %extent ]
  %more = icmp ult i64 %k, %ndim
  br i1 %more, label %extent, label %make

extent:
  %n.place = getelementptr i64, ptr %shape, i64 %k
  %n = load i64, ptr %n.place
  %n.wanted = call i64 @next(ptr %cursor)
  %n.same = icmp eq i64 %n, %n.wanted
  %k.next = add i64 %k, 1
  br i1 %n.same, label %axis, label %other

make:
  %x.slot = call i64 @next(ptr %cursor)
  %again.slot = call i64 @next(ptr %cursor)
  %out.slot = call i64 @next(ptr %cursor)
  %number.class = call i64 @next(ptr %cursor)
  %dtype.made = call i64 @next(ptr %cursor)
  %ndim.made = call i64 @next(ptr %cursor)
  %shape.made = load ptr, ptr %cursor
  %template = getelementptr i64, ptr %shape.made, i64 %ndim.made
  %is.number = icmp ne i64 %number.class, 0
  br i1 %is.number, label %number, label %array

number:
  %kind.of.number = inttoptr i64 %number.class to ptr
  %scalar = call ptr @PyType_GenericAlloc(ptr %kind.of.number, i64 0)
  %scalar.place = getelementptr %scalar, ptr %scalar, i64 0, i32 1
  %scalar.data = ptrtoint ptr %scalar.place to i64
  br label %made

array:
  %class.place = getelementptr %object, ptr %x, i64 0, i32 1
  %class.of.array = load ptr, ptr %class.place
  %dtype.pointer = inttoptr i64 %dtype.made to ptr
  %fresh = call ptr @made(ptr %class.of.array, ptr %dtype.pointer, i64 %ndim.made, ptr %shape.made, i1 false)
  %none = icmp eq ptr %fresh, null
  br i1 %none, label %failed, label %data

data:
  %fresh.place = getelementptr %array, ptr %fresh, i64 0, i32 1
  %fresh.data = load i64, ptr %fresh.place
  br label %made

made:
  %result = phi ptr [ %scalar, %number ], [ %fresh, %data ]
  %out = phi i64 [ %scalar.data, %number ], [ %fresh.data, %data ]
  %lost = icmp eq ptr %result, null
  br i1 %lost, label %failed, label %launch

launch:
  %bytes = mul i64 %size, 8
  call void @llvm.memcpy.p0.p0.i64(ptr %slots, ptr %template, i64 %bytes, i1 false)
  %x.data.place = getelementptr %array, ptr %x, i64 0, i32 1
  %x.data = load i64, ptr %x.data.place
  %x.at = getelementptr i64, ptr %slots, i64 %x.slot
  store i64 %x.data, ptr %x.at
  %again.at = getelementptr i64, ptr %slots, i64 %again.slot
  store i64 %x.data, ptr %again.at
  %out.at = getelementptr i64, ptr %slots, i64 %out.slot
  store i64 %out, ptr %out.at
  call void %driver(ptr %slots)
  ret ptr %result

failed: ; there is no memory, and Python was told
  ret ptr null

other:
  call void @Py_IncRef(ptr @_Py_NoneStruct)
  ret ptr @_Py_NoneStruct
}

define ptr @jitkit_enter_known(ptr %self, ptr %args, i64 %count) {
entry:
  %chosen = alloca ptr
  store ptr null, ptr %chosen
  %items.place = getelementptr %list, ptr %self, i64 0, i32 2
  %items = load ptr, ptr %items.place
  %variable = load ptr, ptr %items
  %environment.place = getelementptr ptr, ptr %items, i64 1
  %environment = load ptr, ptr %environment.place
  %name.place = getelementptr ptr, ptr %items, i64 2
  %name = load ptr, ptr %name.place
  %error = call i32 @PyContextVar_Get(ptr %variable, ptr null, ptr %chosen)
  %bad = icmp ne i32 %error, 0
  br i1 %bad, label %failed, label %context

context:
  %backend = load ptr, ptr %chosen
  call void @Py_DecRef(ptr %backend) ; the variable keeps it; only its place is looked at
  %free = icmp eq ptr %backend, @_Py_NoneStruct
  br i1 %free, label %variables, label %other

variables:
  %named = call i32 @PyDict_Contains(ptr %environment, ptr %name)
  switch i32 %named, label %failed [
    i32 0, label %search
    i32 1, label %other
  ]

search:
  %k = phi i64 [ 3, %variables ], [ %k.next, %next.one ], [ %k.next, %misfit ]
  %size.place = getelementptr %list, ptr %self, i64 0, i32 1
  %size = load i64, ptr %size.place
  %more = icmp slt i64 %k, %size
  br i1 %more, label %compare, label %other

compare:
  %k.next = add i64 %k, 1
  %items.now = load ptr, ptr %items.place
  %known.place = getelementptr ptr, ptr %items.now, i64 %k
  %known = load ptr, ptr %known.place
  %meant.place = getelementptr %tuple, ptr %known, i64 0, i32 3, i64 1
  %meant = load ptr, ptr %meant.place
  %same = call i1 @is_asked(ptr %meant, ptr %args, i64 %count)
  br i1 %same, label %enter, label %next.one

next.one:
  br label %search

enter: ; what is known stays while it is used, whatever other threads do to the list
  %table.place = getelementptr %tuple, ptr %known, i64 0, i32 3, i64 0
  %table = load ptr, ptr %table.place
  call void @Py_IncRef(ptr %known)
  %result = call ptr @jitkit_enter_new(ptr %table, ptr %args, i64 1)
  call void @Py_DecRef(ptr %known)
  %fits = icmp ne ptr %result, @_Py_NoneStruct
  br i1 %fits, label %done, label %misfit

misfit:
  call void @Py_DecRef(ptr %result)
  br label %search

done:
  ret ptr %result

failed: ; Python was told
  ret ptr null

other:
  call void @Py_IncRef(ptr @_Py_NoneStruct)
  ret ptr @_Py_NoneStruct
}

; Tells whether what stands behind an array among arguments is the members of a tuple, and None from there on.
define internal i1 @is_asked(ptr %meant, ptr %args, i64 %count) {
entry:
  %size.place = getelementptr %tuple, ptr %meant, i64 0, i32 1
  %size = load i64, ptr %size.place
  %enough = icmp slt i64 %size, %count
  br i1 %enough, label %look, label %no

look:
  %k = phi i64 [ 0, %entry ], [ %k.next, %go.on ]
  %k.next = add i64 %k, 1
  %more = icmp slt i64 %k.next, %count
  br i1 %more, label %one, label %yes

one:
  %asked.place = getelementptr ptr, ptr %args, i64 %k.next
  %asked = load ptr, ptr %asked.place
  %named = icmp slt i64 %k, %size
  br i1 %named, label %member, label %rest

rest:
  %none = icmp eq ptr %asked, @_Py_NoneStruct
  br i1 %none, label %go.on, label %no

member:
  %held.place = getelementptr %tuple, ptr %meant, i64 0, i32 3, i64 %k
  %held = load ptr, ptr %held.place
  %same = icmp eq ptr %held, %asked
  br i1 %same, label %go.on, label %integers

integers: ; of one value there may be several objects
  %held.class.place = getelementptr %object, ptr %held, i64 0, i32 1
  %held.class = load ptr, ptr %held.class.place
  %asked.class.place = getelementptr %object, ptr %asked, i64 0, i32 1
  %asked.class = load ptr, ptr %asked.class.place
  %held.whole = icmp eq ptr %held.class, @PyLong_Type
  %asked.whole = icmp eq ptr %asked.class, @PyLong_Type
  %whole = and i1 %held.whole, %asked.whole
  br i1 %whole, label %values, label %floats

floats:
  %held.float = icmp eq ptr %held.class, @PyFloat_Type
  %asked.float = icmp eq ptr %asked.class, @PyFloat_Type
  %float = and i1 %held.float, %asked.float
  br i1 %float, label %numbers, label %no

numbers:
  %held.real = call double @PyFloat_AsDouble(ptr %held)
  %asked.real = call double @PyFloat_AsDouble(ptr %asked)
  %held.bits = bitcast double %held.real to i64
  %asked.bits = bitcast double %asked.real to i64
  %alike.bits = icmp eq i64 %held.bits, %asked.bits
  br i1 %alike.bits, label %go.on, label %no

values:
  %held.value = call i64 @PyLong_AsLongLong(ptr %held)
  %asked.value = call i64 @PyLong_AsLongLong(ptr %asked)
  %alike = icmp eq i64 %held.value, %asked.value
  %large = icmp eq i64 %asked.value, -1 ; of -1 itself there is one only
  br i1 %large, label %clear, label %decide

clear:
  call void @PyErr_Clear()
  br label %no

decide:
  br i1 %alike, label %go.on, label %no

go.on:
  br label %look

yes:
  ret i1 true
no:
  ret i1 false
}

declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)

; `prefix` holds the numbers of the space, or is null where the space is the shape of the array `model`. No threads are ready
; where the pool has to be asked first.
define internal ptr @enter(ptr %self, ptr %prefix, ptr %values, ptr %model, i64 %threads) alwaysinline {
entry:
  %cursor = alloca %cursor
  %table = getelementptr %bytes, ptr %self, i64 0, i32 3
  store ptr %table, ptr %cursor
  %driver.number = call i64 @next(ptr %cursor)
  %driver = inttoptr i64 %driver.number to ptr
  %size = call i64 @next(ptr %cursor)
  %slots = alloca i64, i64 %size
  %free = getelementptr %cursor, ptr %cursor, i64 0, i32 1
  store ptr %slots, ptr %free
  %model.place = getelementptr %cursor, ptr %cursor, i64 0, i32 2
  store ptr %model, ptr %model.place
  %inside.place = getelementptr %cursor, ptr %cursor, i64 0, i32 3
  store i1 false, ptr %inside.place
  call void @put(ptr %cursor, i64 %threads)
  %numbers = call i64 @next(ptr %cursor)
  %class.of.arrays = call i64 @next(ptr %cursor)
  %ready = icmp sgt i64 %threads, 0
  br i1 %ready, label %space, label %other

space:
  %over = icmp ne ptr %model, null
  br i1 %over, label %shape, label %number

shape:
  %class.place = getelementptr %object, ptr %model, i64 0, i32 1
  %class = load i64, ptr %class.place
  %is.array = icmp eq i64 %class, %class.of.arrays
  br i1 %is.array, label %counts, label %other

counts:
  %fits = call i1 @put_shape(ptr %cursor, ptr %model, i64 %numbers)
  br i1 %fits, label %arguments, label %other

number:
  %k = phi i64 [ 0, %space ], [ %k.next, %one ]
  %more = icmp ult i64 %k, %numbers
  br i1 %more, label %one, label %arguments

one:
  %place = getelementptr %tuple, ptr %prefix, i64 0, i32 3, i64 %k
  %item = load ptr, ptr %place
  %value = call i64 @PyLong_AsLongLong(ptr %item)
  call void @put(ptr %cursor, i64 %value)
  %k.next = add i64 %k, 1
  br label %number

arguments:
  %good = call i1 @take(ptr %values, ptr %cursor)
  br i1 %good, label %launch, label %other

launch:
  %state = call ptr @PyEval_SaveThread()
  call void %driver(ptr %slots)
  call void @PyEval_RestoreThread(ptr %state)
  call void @Py_IncRef(ptr @_Py_NoneStruct)
  ret ptr @_Py_NoneStruct

other:
  call void @Py_IncRef(ptr @_Py_NotImplementedStruct)
  ret ptr @_Py_NotImplementedStruct
}

; Puts the numbers of the space that is the shape of an array: starts, steps and counts, three of them for vectors and what
; counts as one. False where the array has not so many dimensions.
define internal i1 @put_shape(ptr %cursor, ptr %model, i64 %numbers) alwaysinline {
entry:
  %ndim = call i64 @dimensions(ptr %model)
  %shape = call ptr @shape(ptr %model)
  %of.vectors = icmp eq i64 %numbers, 3
  br i1 %of.vectors, label %vector, label %axes

vector:
  %items = call i64 @product(ptr %shape, i64 %ndim)
  call void @put(ptr %cursor, i64 0)
  call void @put(ptr %cursor, i64 1)
  call void @put(ptr %cursor, i64 %items)
  ret i1 true

axes:
  %needed = mul i64 %ndim, 3
  %fits = icmp eq i64 %needed, %numbers
  br i1 %fits, label %start, label %other

start:
  %k = phi i64 [ 0, %axes ], [ %k.next, %put ]
  %more = icmp ult i64 %k, %ndim
  br i1 %more, label %put, label %step

put:
  call void @put(ptr %cursor, i64 0)
  %k.next = add i64 %k, 1
  br label %start

step:
  %s = phi i64 [ 0, %start ], [ %s.next, %put.step ]
  %s.more = icmp ult i64 %s, %ndim
  br i1 %s.more, label %put.step, label %done

put.step:
  call void @put(ptr %cursor, i64 1)
  %s.next = add i64 %s, 1
  br label %step

done:
  call void @put_all(ptr %cursor, ptr %shape, i64 %ndim)
  ret i1 true
other:
  ret i1 false
}
