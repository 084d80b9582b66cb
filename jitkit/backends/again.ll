; Calls that are known again by the user's function and what it is given: text behind that of entry.ll, in the same module.
;
; jitkit_map(self, args, count) is called with (f, arrays, out, dtype, backend), as jitkit.map is. `self` is a list: the context
; variable that names a backend, the dict of the environment, the name of its variable in that, the name of the backend for
; the CPU, and then tuples, each of words, a list of functions of jitkit_enter_over, the dtype that was asked for, and another such
; list, tried after the first. The words are the class of arrays, the class of the first array, its dtype, the number of its dimensions
; where it is NumPy's, at which bytes it holds its shape and its dtype where it is a lazy array, or 0, the dtype of the result, and
; a function. It returns None for all else, and where no code takes the arrays.
;
; A function in words: of how many functions of Python's it consists, of each the object, or 0 for the one that is asked, its
; code, or 0 where the object itself decides, its globals, its defaults, the names that it reads of the globals with what they
; stand for, and what its cells hold; in front of either, how many there are.

@PyFunction_Type = external global i8

declare ptr @PyFunction_GetCode(ptr)
declare ptr @PyFunction_GetGlobals(ptr)
declare ptr @PyFunction_GetDefaults(ptr)
declare ptr @PyFunction_GetClosure(ptr)
declare ptr @PyDict_GetItem(ptr, ptr)
declare ptr @PyCell_Get(ptr)
declare ptr @PyCFunction_GetSelf(ptr)
declare ptr @PyTuple_Pack(i64, ...)
declare ptr @PyTuple_New(i64)
declare i32 @PyTuple_SetItem(ptr, i64, ptr)
declare ptr @PyObject_Vectorcall(ptr, ptr, i64, ptr)

define internal i64 @class_of(ptr %value) alwaysinline {
  %place = getelementptr %object, ptr %value, i64 0, i32 1
  %class = load i64, ptr %place
  ret i64 %class
}

define internal ptr @next_pointer(ptr %cursor) alwaysinline {
  %word = call i64 @next(ptr %cursor)
  %pointer = inttoptr i64 %word to ptr
  ret ptr %pointer
}

; Tells whether a function is the one in the words at the cursor.
define internal i1 @is_function(ptr %asked, ptr %cursor) {
entry:
  %functions = call i64 @next(ptr %cursor)
  br label %look

look:
  %k = phi i64 [ 0, %entry ], [ %k.next, %next.function ]
  %k.next = add i64 %k, 1
  %more = icmp ult i64 %k, %functions
  br i1 %more, label %one, label %yes

one:
  %named = call ptr @next_pointer(ptr %cursor)
  %code = call ptr @next_pointer(ptr %cursor)
  %object = icmp eq ptr %code, null
  br i1 %object, label %itself, label %function

itself:
  %same = icmp eq ptr %asked, %named
  br i1 %same, label %next.function, label %no

function:
  %is.asked = icmp eq ptr %named, null
  %f = select i1 %is.asked, ptr %asked, ptr %named
  %class = call i64 @class_of(ptr %f)
  %is.function = icmp eq i64 %class, ptrtoint (ptr @PyFunction_Type to i64)
  br i1 %is.function, label %compare, label %no

compare:
  %globals = call ptr @next_pointer(ptr %cursor)
  %defaults = call ptr @next_pointer(ptr %cursor)
  %code.held = call ptr @PyFunction_GetCode(ptr %f)
  %code.same = icmp eq ptr %code.held, %code
  br i1 %code.same, label %around, label %no

around:
  %globals.held = call ptr @PyFunction_GetGlobals(ptr %f)
  %defaults.held = call ptr @PyFunction_GetDefaults(ptr %f)
  %globals.same = icmp eq ptr %globals.held, %globals
  %defaults.same = icmp eq ptr %defaults.held, %defaults
  %both = and i1 %globals.same, %defaults.same
  br i1 %both, label %names, label %no

names:
  %count.names = call i64 @next(ptr %cursor)
  br label %name

name:
  %n = phi i64 [ 0, %names ], [ %n.next, %read ]
  %n.next = add i64 %n, 1
  %n.more = icmp ult i64 %n, %count.names
  br i1 %n.more, label %read, label %cells

read:
  %key = call ptr @next_pointer(ptr %cursor)
  %meant = call ptr @next_pointer(ptr %cursor)
  %found = call ptr @PyDict_GetItem(ptr %globals, ptr %key)
  %found.same = icmp eq ptr %found, %meant
  br i1 %found.same, label %name, label %no

cells:
  %count.cells = call i64 @next(ptr %cursor)
  %open = icmp eq i64 %count.cells, 0
  br i1 %open, label %next.function, label %closure

closure:
  %held = call ptr @PyFunction_GetClosure(ptr %f)
  %without = icmp eq ptr %held, null
  br i1 %without, label %no, label %cell

cell:
  %c = phi i64 [ 0, %closure ], [ %c.next, %content ]
  %c.more = icmp ult i64 %c, %count.cells
  br i1 %c.more, label %content, label %next.function

content:
  %c.next = add i64 %c, 1
  %value.meant = call ptr @next_pointer(ptr %cursor)
  %cell.place = getelementptr %tuple, ptr %held, i64 0, i32 3, i64 %c
  %cell.held = load ptr, ptr %cell.place
  %value = call ptr @PyCell_Get(ptr %cell.held)
  call void @Py_DecRef(ptr %value) ; the cell keeps it; only its place is looked at. Of none it is null, which this allows
  %value.same = icmp eq ptr %value, %value.meant
  br i1 %value.same, label %cell, label %no

next.function:
  br label %look

yes:
  ret i1 true
no:
  ret i1 false
}

; Tells whether a call that asks for a backend, or for none, is for the CPU: 1 or 0, and -1 where Python was told of an error.
define internal i32 @for_cpu(ptr %items, ptr %backend) {
entry:
  %chosen = alloca ptr
  store ptr null, ptr %chosen
  %none = icmp eq ptr %backend, @_Py_NoneStruct
  br i1 %none, label %context, label %named

named:
  %cpu.place = getelementptr ptr, ptr %items, i64 3
  %cpu = load ptr, ptr %cpu.place
  %is.cpu = icmp eq ptr %backend, %cpu
  %said = zext i1 %is.cpu to i32
  ret i32 %said

context:
  %variable = load ptr, ptr %items
  %error = call i32 @PyContextVar_Get(ptr %variable, ptr null, ptr %chosen)
  %bad = icmp ne i32 %error, 0
  br i1 %bad, label %failed, label %look

look:
  %held = load ptr, ptr %chosen
  call void @Py_DecRef(ptr %held) ; the variable keeps it; only its place is looked at
  %free = icmp eq ptr %held, @_Py_NoneStruct
  br i1 %free, label %variables, label %no

variables:
  %environment.place = getelementptr ptr, ptr %items, i64 1
  %environment = load ptr, ptr %environment.place
  %name.place = getelementptr ptr, ptr %items, i64 2
  %name = load ptr, ptr %name.place
  %there = call i32 @PyDict_Contains(ptr %environment, ptr %name)
  switch i32 %there, label %failed [
    i32 0, label %yes
    i32 1, label %no
  ]

yes:
  ret i32 1
no:
  ret i32 0
failed:
  ret i32 -1
}

; Launches over the shape of an array `out`, by the first of some functions of jitkit_enter_over that takes the inputs.
define internal i1 @launch_over(ptr %entries, ptr %inputs, ptr %out) {
entry:
  %items.place = getelementptr %list, ptr %entries, i64 0, i32 2
  %size.place = getelementptr %list, ptr %entries, i64 0, i32 1
  br label %look

look:
  %k = phi i64 [ 0, %entry ], [ %k.next, %one ]
  %size = load i64, ptr %size.place
  %more = icmp slt i64 %k, %size
  br i1 %more, label %one, label %no

one:
  %items = load ptr, ptr %items.place
  %place = getelementptr ptr, ptr %items, i64 %k
  %enter = load ptr, ptr %place
  %table = call ptr @PyCFunction_GetSelf(ptr %enter)
  call void @Py_IncRef(ptr %enter) ; it stays while it is used, whatever other threads do to the list
  %done = call i1 @enter_pair(ptr %table, ptr %inputs, ptr %out)
  call void @Py_DecRef(ptr %enter)
  %k.next = add i64 %k, 1
  br i1 %done, label %yes, label %look

yes:
  ret i1 true
no:
  ret i1 false
}

; Does what jitkit_enter_over does for the inputs and one array, which that takes as a tuple.
define internal i1 @enter_pair(ptr %self, ptr %inputs, ptr %out) {
entry:
  %cursor = alloca %cursor
  %threads = load atomic i64, ptr @jitkit_ready_threads monotonic, align 8
  %table = getelementptr %bytes, ptr %self, i64 0, i32 3
  store ptr %table, ptr %cursor
  %driver.number = call i64 @next(ptr %cursor)
  %driver = inttoptr i64 %driver.number to ptr
  %size = call i64 @next(ptr %cursor)
  %slots = alloca i64, i64 %size
  %free = getelementptr %cursor, ptr %cursor, i64 0, i32 1
  store ptr %slots, ptr %free
  %model.place = getelementptr %cursor, ptr %cursor, i64 0, i32 2
  store ptr %out, ptr %model.place
  %inside.place = getelementptr %cursor, ptr %cursor, i64 0, i32 3
  store i1 false, ptr %inside.place
  call void @put(ptr %cursor, i64 %threads)
  %numbers = call i64 @next(ptr %cursor)
  %class.of.arrays = call i64 @next(ptr %cursor)
  %class.out = call i64 @class_of(ptr %out)
  %is.array = icmp eq i64 %class.out, %class.of.arrays
  %ready = icmp sgt i64 %threads, 0
  %good = and i1 %is.array, %ready
  br i1 %good, label %space, label %no

space:
  %fits = call i1 @put_shape(ptr %cursor, ptr %out, i64 %numbers)
  br i1 %fits, label %pair, label %no

pair:
  %kind = call i64 @next(ptr %cursor)
  %class = call i64 @next(ptr %cursor)
  %members = call i64 @next(ptr %cursor)
  %is.tuple = icmp eq i64 %kind, 4
  %of.two = icmp eq i64 %members, 2
  %is.pair = and i1 %is.tuple, %of.two
  br i1 %is.pair, label %first, label %no

first:
  %inputs.good = call i1 @take(ptr %inputs, ptr %cursor)
  br i1 %inputs.good, label %second, label %no

second:
  %out.good = call i1 @take(ptr %out, ptr %cursor)
  br i1 %out.good, label %launch, label %no

launch:
  %state = call ptr @PyEval_SaveThread()
  call void %driver(ptr %slots)
  call void @PyEval_RestoreThread(ptr %state)
  ret i1 true
no:
  ret i1 false
}

; Returns a new array of the shape in a tuple, of one dimension or more; null where there is none, and Python may have been told.
define internal ptr @made_of(ptr %class, ptr %dtype, ptr %extents) {
entry:
  %length.place = getelementptr %tuple, ptr %extents, i64 0, i32 1
  %ndim = load i64, ptr %length.place
  %least = icmp sge i64 %ndim, 1
  %most = icmp sle i64 %ndim, 32
  %usual = and i1 %least, %most
  br i1 %usual, label %begin, label %no

begin:
  %shape = alloca [32 x i64]
  br label %axis

axis:
  %k = phi i64 [ 0, %begin ], [ %k.next, %extent ]
  %more = icmp ult i64 %k, %ndim
  br i1 %more, label %extent, label %make

extent:
  %item.place = getelementptr %tuple, ptr %extents, i64 0, i32 3, i64 %k
  %item = load ptr, ptr %item.place
  %n = call i64 @PyLong_AsLongLong(ptr %item)
  %n.place = getelementptr i64, ptr %shape, i64 %k
  store i64 %n, ptr %n.place
  %k.next = add i64 %k, 1
  br label %axis

make:
  %array = call ptr @made(ptr %class, ptr %dtype, i64 %ndim, ptr %shape, i1 false)
  ret ptr %array
no:
  ret ptr null
}

; Moves what a list knows half the way to its front, so that what is asked often is found soon.
define internal void @move_ahead(ptr %items, i64 %k) alwaysinline {
  %beyond = sub i64 %k, 4
  %half = lshr i64 %beyond, 1
  %ahead = add i64 %half, 4
  %place = getelementptr ptr, ptr %items, i64 %k
  %known = load ptr, ptr %place
  %ahead.place = getelementptr ptr, ptr %items, i64 %ahead
  %there = load ptr, ptr %ahead.place
  store ptr %known, ptr %ahead.place
  store ptr %there, ptr %place
  ret void
}

define ptr @jitkit_map(ptr %self, ptr %args, i64 %count) {
entry:
  %cursor = alloca %cursor
  %f = load ptr, ptr %args
  %arrays.place = getelementptr ptr, ptr %args, i64 1
  %arrays = load ptr, ptr %arrays.place
  %out.place = getelementptr ptr, ptr %args, i64 2
  %out = load ptr, ptr %out.place
  %dtype.place = getelementptr ptr, ptr %args, i64 3
  %dtype = load ptr, ptr %dtype.place
  %backend.place = getelementptr ptr, ptr %args, i64 4
  %backend = load ptr, ptr %backend.place
  %length.place = getelementptr %tuple, ptr %arrays, i64 0, i32 1
  %length = load i64, ptr %length.place
  %any = icmp sgt i64 %length, 0
  br i1 %any, label %begin, label %other

begin:
  %first.place = getelementptr %tuple, ptr %arrays, i64 0, i32 3, i64 0
  %first = load ptr, ptr %first.place
  %class.first = call i64 @class_of(ptr %first)
  %single = icmp eq i64 %length, 1
  %inputs = select i1 %single, ptr %first, ptr %arrays
  %items.place = getelementptr %list, ptr %self, i64 0, i32 2
  %size.place = getelementptr %list, ptr %self, i64 0, i32 1
  %items.first = load ptr, ptr %items.place
  %cpu = call i32 @for_cpu(ptr %items.first, ptr %backend)
  switch i32 %cpu, label %failed [
    i32 1, label %search
    i32 0, label %other
  ]

search:
  %k = phi i64 [ 4, %begin ], [ %k.next, %next.one ]
  %size = load i64, ptr %size.place
  %more = icmp slt i64 %k, %size
  br i1 %more, label %compare, label %other

next.one:
  br label %search

compare:
  %k.next = add i64 %k, 1
  %items = load ptr, ptr %items.place
  %known.place = getelementptr ptr, ptr %items, i64 %k
  %known = load ptr, ptr %known.place
  %words.place = getelementptr %tuple, ptr %known, i64 0, i32 3, i64 0
  %words.object = load ptr, ptr %words.place
  %words = getelementptr %bytes, ptr %words.object, i64 0, i32 3
  store ptr %words, ptr %cursor
  %asked.place = getelementptr %tuple, ptr %known, i64 0, i32 3, i64 2
  %asked = load ptr, ptr %asked.place
  %class.arrays = call i64 @next(ptr %cursor)
  %class.meant = call i64 @next(ptr %cursor)
  %dtype.meant = call i64 @next(ptr %cursor)
  %ndim.meant = call i64 @next(ptr %cursor)
  %shape.at = call i64 @next(ptr %cursor)
  %dtype.at = call i64 @next(ptr %cursor)
  %dtype.result = call ptr @next_pointer(ptr %cursor)
  %class.same = icmp eq i64 %class.first, %class.meant
  %asked.same = icmp eq ptr %asked, %dtype
  %both = and i1 %class.same, %asked.same
  br i1 %both, label %elements, label %next.one

elements:
  %is.array = icmp eq i64 %class.meant, %class.arrays
  %in.array = getelementptr %array, ptr %first, i64 0, i32 6
  %in.lazy = getelementptr i8, ptr %first, i64 %dtype.at
  %dtype.first.place = select i1 %is.array, ptr %in.array, ptr %in.lazy
  %dtype.first = load i64, ptr %dtype.first.place
  %dtype.same = icmp eq i64 %dtype.first, %dtype.meant
  br i1 %dtype.same, label %dimensions, label %next.one

dimensions:
  br i1 %is.array, label %of.array, label %function

of.array:
  %ndim = call i64 @dimensions(ptr %first)
  %ndim.same = icmp eq i64 %ndim, %ndim.meant
  br i1 %ndim.same, label %function, label %next.one

function:
  %same = call i1 @is_function(ptr %f, ptr %cursor)
  br i1 %same, label %found, label %next.one

found: ; what is known stays while it is used, whatever other threads do to the list
  call void @move_ahead(ptr %items, i64 %k)
  call void @Py_IncRef(ptr %known)
  %entries.place = getelementptr %tuple, ptr %known, i64 0, i32 3, i64 1
  %entries = load ptr, ptr %entries.place
  %new = icmp eq ptr %out, @_Py_NoneStruct
  br i1 %new, label %make, label %into

into:
  call void @Py_IncRef(ptr %out)
  br label %launch

make:
  %class.pointer = inttoptr i64 %class.arrays to ptr
  br i1 %is.array, label %like.array, label %like.lazy

like.array:
  %shape = call ptr @shape(ptr %first)
  %turned = call i1 @lies_turned(ptr %first)
  %array = call ptr @made(ptr %class.pointer, ptr %dtype.result, i64 %ndim.meant, ptr %shape, i1 %turned)
  br label %room

like.lazy:
  %extents.place = getelementptr i8, ptr %first, i64 %shape.at
  %extents = load ptr, ptr %extents.place
  %missing = icmp eq ptr %extents, null
  br i1 %missing, label %nothing, label %fresh.lazy

fresh.lazy:
  %array.lazy = call ptr @made_of(ptr %class.pointer, ptr %dtype.result, ptr %extents)
  br label %room

room:
  %result.new = phi ptr [ %array, %like.array ], [ %array.lazy, %fresh.lazy ]
  %none = icmp eq ptr %result.new, null
  br i1 %none, label %cleared, label %launch

cleared: ; NumPy says again what is wrong
  call void @PyErr_Clear()
  br label %nothing

launch:
  %result = phi ptr [ %out, %into ], [ %result.new, %room ]
  %done = call i1 @launch_over(ptr %entries, ptr %inputs, ptr %result)
  br i1 %done, label %yes, label %axes

axes:
  %of.axes.place = getelementptr %tuple, ptr %known, i64 0, i32 3, i64 3
  %of.axes = load ptr, ptr %of.axes.place
  %done.axes = call i1 @launch_over(ptr %of.axes, ptr %inputs, ptr %result)
  br i1 %done.axes, label %yes, label %dropped

dropped:
  call void @Py_DecRef(ptr %result)
  br label %nothing

yes:
  call void @Py_DecRef(ptr %known)
  ret ptr %result

nothing:
  call void @Py_DecRef(ptr %known)
  br label %other

failed: ; Python was told
  ret ptr null

other:
  call void @Py_IncRef(ptr @_Py_NoneStruct)
  ret ptr @_Py_NoneStruct
}

; ---------------------------------------------------------------------------------------------------------------------
; Lazy arrays. Where those are slots their words end in the class, the dtype, the bytes at which objects hold leaves, shape, dtype
; and device, and the text "shape".

; Returns a lazy array by the words at the cursor, of the shape of an array; it takes the leaves. Null where Python was told.
define internal ptr @lazy(ptr %cursor, ptr %leaves, ptr %array) {
entry:
  %class = call ptr @next_pointer(ptr %cursor)
  %dtype = call ptr @next_pointer(ptr %cursor)
  %leaves.at = call i64 @next(ptr %cursor)
  %shape.at = call i64 @next(ptr %cursor)
  %dtype.at = call i64 @next(ptr %cursor)
  %device.at = call i64 @next(ptr %cursor)
  %name = call ptr @next_pointer(ptr %cursor)
  %shape = call ptr @PyObject_GetAttr(ptr %array, ptr %name)
  %none = icmp eq ptr %shape, null
  br i1 %none, label %lost, label %object

object:
  %made = call ptr @PyType_GenericAlloc(ptr %class, i64 0)
  %nothing = icmp eq ptr %made, null
  br i1 %nothing, label %without, label %fill

fill:
  call void @Py_IncRef(ptr %dtype)
  call void @Py_IncRef(ptr @_Py_NoneStruct)
  %leaves.place = getelementptr i8, ptr %made, i64 %leaves.at
  store ptr %leaves, ptr %leaves.place
  %shape.place = getelementptr i8, ptr %made, i64 %shape.at
  store ptr %shape, ptr %shape.place
  %dtype.place = getelementptr i8, ptr %made, i64 %dtype.at
  store ptr %dtype, ptr %dtype.place
  %device.place = getelementptr i8, ptr %made, i64 %device.at
  store ptr @_Py_NoneStruct, ptr %device.place
  ret ptr %made

without:
  call void @Py_DecRef(ptr %shape)
  br label %lost

lost:
  call void @Py_DecRef(ptr %leaves)
  ret ptr null
}

; jitkit_lazy(self, args, count) is called with a function, or None, and a tuple of arrays. `self` is a list of tuples that begin
; with words: the class of arrays, how many there are, their dtypes, a function, whether the leaves are the tuple or the one array,
; and the lazy array. It returns that, or None where these arrays are not known, or differ in shape.
define ptr @jitkit_lazy(ptr %self, ptr %args, i64 %count) {
entry:
  %cursor = alloca %cursor
  %f = load ptr, ptr %args
  %arrays.place = getelementptr ptr, ptr %args, i64 1
  %arrays = load ptr, ptr %arrays.place
  %length.place = getelementptr %tuple, ptr %arrays, i64 0, i32 1
  %length = load i64, ptr %length.place
  %items.place = getelementptr %list, ptr %self, i64 0, i32 2
  %size.place = getelementptr %list, ptr %self, i64 0, i32 1
  br label %search

search:
  %k = phi i64 [ 4, %entry ], [ %k.next, %next.one ]
  %size = load i64, ptr %size.place
  %more = icmp slt i64 %k, %size
  br i1 %more, label %compare, label %other

next.one:
  br label %search

compare:
  %k.next = add i64 %k, 1
  %items = load ptr, ptr %items.place
  %known.place = getelementptr ptr, ptr %items, i64 %k
  %known = load ptr, ptr %known.place
  %words.place = getelementptr %tuple, ptr %known, i64 0, i32 3, i64 0
  %words.object = load ptr, ptr %words.place
  %words = getelementptr %bytes, ptr %words.object, i64 0, i32 3
  store ptr %words, ptr %cursor
  %class.arrays = call i64 @next(ptr %cursor)
  %length.meant = call i64 @next(ptr %cursor)
  %as.long = icmp eq i64 %length, %length.meant
  br i1 %as.long, label %look, label %next.one

look:
  %j = phi i64 [ 0, %compare ], [ %j.next, %alike ]
  %j.more = icmp ult i64 %j, %length
  br i1 %j.more, label %one, label %function

one:
  %j.next = add i64 %j, 1
  %dtype.meant = call i64 @next(ptr %cursor)
  %array.place = getelementptr %tuple, ptr %arrays, i64 0, i32 3, i64 %j
  %array = load ptr, ptr %array.place
  %class = call i64 @class_of(ptr %array)
  %is.array = icmp eq i64 %class, %class.arrays
  br i1 %is.array, label %elements, label %other

elements:
  %dtype.place = getelementptr %array, ptr %array, i64 0, i32 6
  %dtype = load i64, ptr %dtype.place
  %dtype.same = icmp eq i64 %dtype, %dtype.meant
  br i1 %dtype.same, label %alike, label %next.one

alike:
  br label %look

function:
  %same = call i1 @is_function(ptr %f, ptr %cursor)
  br i1 %same, label %shapes, label %next.one

shapes:
  %first.place = getelementptr %tuple, ptr %arrays, i64 0, i32 3, i64 0
  %first = load ptr, ptr %first.place
  br label %shape

shape:
  %s = phi i64 [ 1, %shapes ], [ %s.next, %next.shape ]
  %s.more = icmp ult i64 %s, %length
  br i1 %s.more, label %extents, label %found

extents:
  %s.next = add i64 %s, 1
  %beside.place = getelementptr %tuple, ptr %arrays, i64 0, i32 3, i64 %s
  %beside = load ptr, ptr %beside.place
  %fits = call i1 @same_shape(ptr %first, ptr %beside)
  br i1 %fits, label %next.shape, label %other

next.shape:
  br label %shape

found: ; what is known stays while it is used, whatever other threads do to the list
  call void @move_ahead(ptr %items, i64 %k)
  call void @Py_IncRef(ptr %known)
  %as.tuple = call i64 @next(ptr %cursor)
  %several = icmp ne i64 %as.tuple, 0
  %leaves = select i1 %several, ptr %arrays, ptr %first
  call void @Py_IncRef(ptr %leaves)
  %made = call ptr @lazy(ptr %cursor, ptr %leaves, ptr %first)
  call void @Py_DecRef(ptr %known)
  ret ptr %made

other:
  call void @Py_IncRef(ptr @_Py_NoneStruct)
  ret ptr @_Py_NoneStruct
}

define internal i1 @same_shape(ptr %a, ptr %b) alwaysinline {
entry:
  %ndim = call i64 @dimensions(ptr %a)
  %ndim.b = call i64 @dimensions(ptr %b)
  %shape = call ptr @shape(ptr %a)
  %shape.b = call ptr @shape(ptr %b)
  %ndim.same = icmp eq i64 %ndim, %ndim.b
  br i1 %ndim.same, label %axis, label %no

axis:
  %k = phi i64 [ 0, %entry ], [ %k.next, %extent ]
  %more = icmp ult i64 %k, %ndim
  br i1 %more, label %extent, label %yes

extent:
  %k.next = add i64 %k, 1
  %place = getelementptr i64, ptr %shape, i64 %k
  %n = load i64, ptr %place
  %place.b = getelementptr i64, ptr %shape.b, i64 %k
  %n.b = load i64, ptr %place.b
  %same = icmp eq i64 %n, %n.b
  br i1 %same, label %axis, label %no

yes:
  ret i1 true
no:
  ret i1 false
}

; jitkit_permuted(self, args, count) is called with a vector and an array of indices. `self` is as that of jitkit_lazy; the words:
; the class of arrays, the dtype of the vector, that of 64-bit integers, and the lazy array. It returns that, or None for other
; arrays, and for an index outside the vector.
define ptr @jitkit_permuted(ptr %self, ptr %args, i64 %count) {
entry:
  %cursor = alloca %cursor
  %x = load ptr, ptr %args
  %at.place = getelementptr ptr, ptr %args, i64 1
  %at = load ptr, ptr %at.place
  %class.x = call i64 @class_of(ptr %x)
  %class.at = call i64 @class_of(ptr %at)
  %items.place = getelementptr %list, ptr %self, i64 0, i32 2
  %size.place = getelementptr %list, ptr %self, i64 0, i32 1
  br label %search

search:
  %k = phi i64 [ 4, %entry ], [ %k.next, %next.one ]
  %size = load i64, ptr %size.place
  %more = icmp slt i64 %k, %size
  br i1 %more, label %compare, label %other

next.one:
  br label %search

compare:
  %k.next = add i64 %k, 1
  %items = load ptr, ptr %items.place
  %known.place = getelementptr ptr, ptr %items, i64 %k
  %known = load ptr, ptr %known.place
  %words.place = getelementptr %tuple, ptr %known, i64 0, i32 3, i64 0
  %words.object = load ptr, ptr %words.place
  %words = getelementptr %bytes, ptr %words.object, i64 0, i32 3
  store ptr %words, ptr %cursor
  %class.arrays = call i64 @next(ptr %cursor)
  %dtype.x.meant = call i64 @next(ptr %cursor)
  %dtype.at.meant = call i64 @next(ptr %cursor)
  %x.is.array = icmp eq i64 %class.x, %class.arrays
  %at.is.array = icmp eq i64 %class.at, %class.arrays
  %are.arrays = and i1 %x.is.array, %at.is.array
  br i1 %are.arrays, label %elements, label %other

elements:
  %dtype.x.place = getelementptr %array, ptr %x, i64 0, i32 6
  %dtype.x = load i64, ptr %dtype.x.place
  %dtype.at.place = getelementptr %array, ptr %at, i64 0, i32 6
  %dtype.at = load i64, ptr %dtype.at.place
  %x.same = icmp eq i64 %dtype.x, %dtype.x.meant
  %at.same = icmp eq i64 %dtype.at, %dtype.at.meant
  %same = and i1 %x.same, %at.same
  br i1 %same, label %vector, label %next.one

vector:
  %ndim = call i64 @dimensions(ptr %x)
  %is.vector = icmp eq i64 %ndim, 1
  %flags.place = getelementptr %array, ptr %at, i64 0, i32 7
  %flags = load i32, ptr %flags.place
  %both = and i32 %flags, 257 ; in C order, and aligned
  %usual = icmp eq i32 %both, 257
  %known.way = and i1 %is.vector, %usual
  br i1 %known.way, label %inside, label %other

inside:
  %shape.x = call ptr @shape(ptr %x)
  %n = load i64, ptr %shape.x
  %ndim.at = call i64 @dimensions(ptr %at)
  %shape.at = call ptr @shape(ptr %at)
  %indices = call i64 @product(ptr %shape.at, i64 %ndim.at)
  %data.place = getelementptr %array, ptr %at, i64 0, i32 1
  %data = load ptr, ptr %data.place
  %good = call i1 @all_below(ptr %data, i64 %indices, i64 %n)
  br i1 %good, label %found, label %other

found: ; what is known stays while it is used, whatever other threads do to the list
  call void @Py_IncRef(ptr %known)
  %leaves = call ptr (i64, ...) @PyTuple_Pack(i64 2, ptr %x, ptr %at)
  %none = icmp eq ptr %leaves, null
  br i1 %none, label %done, label %make

make:
  %lazy = call ptr @lazy(ptr %cursor, ptr %leaves, ptr %at)
  br label %done

done:
  %made = phi ptr [ null, %found ], [ %lazy, %make ]
  call void @Py_DecRef(ptr %known)
  ret ptr %made

other:
  call void @Py_IncRef(ptr @_Py_NoneStruct)
  ret ptr @_Py_NoneStruct
}

; Tells whether integers lie from 0 to under n. Read as unsigned, a negative one is past the end too.
define internal i1 @all_below(ptr %data, i64 %count, i64 %n) {
entry:
  %one = insertelement <16 x i64> poison, i64 %n, i64 0
  %ends = shufflevector <16 x i64> %one, <16 x i64> poison, <16 x i32> zeroinitializer
  %whole = and i64 %count, -16
  br label %look

look:
  %k = phi i64 [ 0, %entry ], [ %k.next, %some ]
  %wrong = phi <16 x i1> [ zeroinitializer, %entry ], [ %wrong.next, %some ]
  %more = icmp ult i64 %k, %whole
  br i1 %more, label %some, label %rest

some:
  %place = getelementptr i64, ptr %data, i64 %k
  %indices = load <16 x i64>, ptr %place, align 8
  %past = icmp uge <16 x i64> %indices, %ends
  %wrong.next = or <16 x i1> %wrong, %past
  %k.next = add i64 %k, 16
  br label %look

rest:
  %bits = bitcast <16 x i1> %wrong to i16
  %so.far = icmp eq i16 %bits, 0
  br label %single

single:
  %j = phi i64 [ %whole, %rest ], [ %j.next, %index ]
  %good = phi i1 [ %so.far, %rest ], [ %good.next, %index ]
  %j.more = icmp ult i64 %j, %count
  br i1 %j.more, label %index, label %done

index:
  %index.place = getelementptr i64, ptr %data, i64 %j
  %value = load i64, ptr %index.place
  %below = icmp ult i64 %value, %n
  %good.next = and i1 %good, %below
  %j.next = add i64 %j, 1
  br label %single

done:
  ret i1 %good
}

@lazies = internal global ptr null

; Keeps what jitkit_array is told: the list that is the first argument.
define ptr @jitkit_told(ptr %self, ptr %args, i64 %count) {
  %list = load ptr, ptr %args
  call void @Py_IncRef(ptr %list)
  store ptr %list, ptr @lazies
  call void @Py_IncRef(ptr @_Py_NoneStruct)
  ret ptr @_Py_NoneStruct
}

; The method __array__ of lazy arrays, with positional arguments and those by name. The list that jitkit_told keeps begins as that of
; jitkit_map; then come functions of jitkit_enter_over that write every element, what does all else, and words: the class of arrays, and at which
; bytes objects hold shape and dtype.
define ptr @jitkit_array(ptr %self, ptr %args, i64 %count, ptr %names) {
entry:
  %cursor = alloca %cursor
  %list = load ptr, ptr @lazies
  %items.place = getelementptr %list, ptr %list, i64 0, i32 2
  %items = load ptr, ptr %items.place
  %single = icmp eq i64 %count, 0
  %unnamed = icmp eq ptr %names, null
  %alone = and i1 %single, %unnamed
  br i1 %alone, label %backend, label %other

backend:
  %cpu = call i32 @for_cpu(ptr %items, ptr @_Py_NoneStruct)
  switch i32 %cpu, label %failed [
    i32 1, label %look
    i32 0, label %other
  ]

look:
  %words.place = getelementptr ptr, ptr %items, i64 6
  %words.object = load ptr, ptr %words.place
  %words = getelementptr %bytes, ptr %words.object, i64 0, i32 3
  store ptr %words, ptr %cursor
  %class = call ptr @next_pointer(ptr %cursor)
  %shape.at = call i64 @next(ptr %cursor)
  %dtype.at = call i64 @next(ptr %cursor)
  %shape.place = getelementptr i8, ptr %self, i64 %shape.at
  %shape = load ptr, ptr %shape.place
  %dtype.place = getelementptr i8, ptr %self, i64 %dtype.at
  %dtype = load ptr, ptr %dtype.place
  %shapeless = icmp eq ptr %shape, null
  %typeless = icmp eq ptr %dtype, null
  %less = or i1 %shapeless, %typeless
  br i1 %less, label %other, label %dimensions

dimensions:
  %ndim.place = getelementptr %tuple, ptr %shape, i64 0, i32 1
  %ndim = load i64, ptr %ndim.place
  %is.vector = icmp eq i64 %ndim, 1
  br i1 %is.vector, label %make, label %other

make:
  %array = call ptr @made_of(ptr %class, ptr %dtype, ptr %shape)
  %none = icmp eq ptr %array, null
  br i1 %none, label %cleared, label %launch

cleared: ; what does all else says again what is wrong
  call void @PyErr_Clear()
  br label %other

launch:
  %entries.place = getelementptr ptr, ptr %items, i64 4
  %entries = load ptr, ptr %entries.place
  %done = call i1 @launch_over(ptr %entries, ptr %self, ptr %array)
  br i1 %done, label %yes, label %dropped

dropped:
  call void @Py_DecRef(ptr %array)
  br label %other

yes:
  ret ptr %array

failed: ; Python was told
  ret ptr null

other:
  %more = call i64 @count_of(ptr %names)
  %all = add i64 %count, %more
  %with = add i64 %all, 1
  %given = alloca ptr, i64 %with
  store ptr %self, ptr %given
  br label %copy

copy:
  %k = phi i64 [ 0, %other ], [ %k.next, %one ]
  %some = icmp ult i64 %k, %all
  br i1 %some, label %one, label %call

one:
  %from = getelementptr ptr, ptr %args, i64 %k
  %argument = load ptr, ptr %from
  %k.next = add i64 %k, 1
  %to = getelementptr ptr, ptr %given, i64 %k.next
  store ptr %argument, ptr %to
  br label %copy

call:
  %method.place = getelementptr ptr, ptr %items, i64 5
  %method = load ptr, ptr %method.place
  %positional = add i64 %count, 1
  %result = call ptr @PyObject_Vectorcall(ptr %method, ptr %given, i64 %positional, ptr %names)
  ret ptr %result
}

; Returns how many members a tuple has, or 0 of null.
define internal i64 @count_of(ptr %names) alwaysinline {
entry:
  %none = icmp eq ptr %names, null
  br i1 %none, label %no, label %some

some:
  %length.place = getelementptr %tuple, ptr %names, i64 0, i32 1
  %length = load i64, ptr %length.place
  ret i64 %length
no:
  ret i64 0
}

; ---------------------------------------------------------------------------------------------------------------------
; Launches of which all but the arrays is known: their dtypes, shapes and steps are those of a launch before.

; jitkit_call(self, args, count) is called with (f, g, arrays, backend, ...): two functions, or one and None, a tuple of arrays,
; and what else was asked. `self` is a list as that of jitkit_map; its tuples begin with words, and with what else has to be
; asked: what is given behind that has to be None. The words: driver, slots, whether other threads of Python may run meanwhile,
; the class of arrays, how many there are, of each the dtype, dimensions, shape, steps, and at which slots the address of its elements
; stands, once or twice; of the result the slot, its class where it is a number or 0, the dtype of an array, dimensions and shape; how many
; numbers stand behind the first, of a result that is a tuple, and of each the slot and the class; the slot of the address of a place
; for faults, or 0; how many pieces of scratch memory there are, and of each the slot and how many bytes; the two functions; and the slots,
; of which each launch takes a copy. The result is None where the call is none of these, and where the driver finds a fault.
define ptr @jitkit_call(ptr %self, ptr %args, i64 %count) {
entry:
  %cursor = alloca %cursor
  %f = load ptr, ptr %args
  %g.place = getelementptr ptr, ptr %args, i64 1
  %g = load ptr, ptr %g.place
  %arrays.place = getelementptr ptr, ptr %args, i64 2
  %arrays = load ptr, ptr %arrays.place
  %length.place = getelementptr %tuple, ptr %arrays, i64 0, i32 1
  %length = load i64, ptr %length.place
  %backend.place = getelementptr ptr, ptr %args, i64 3
  %backend = load ptr, ptr %backend.place
  %others = sub i64 %count, 3
  %items.place = getelementptr %list, ptr %self, i64 0, i32 2
  %size.place = getelementptr %list, ptr %self, i64 0, i32 1
  %items.first = load ptr, ptr %items.place
  %cpu = call i32 @for_cpu(ptr %items.first, ptr %backend)
  switch i32 %cpu, label %failed [
    i32 1, label %search
    i32 0, label %other
  ]

search:
  %k = phi i64 [ 4, %entry ], [ %k.next, %next.one ]
  %known.number = load i64, ptr %size.place
  %more = icmp slt i64 %k, %known.number
  br i1 %more, label %compare, label %other

next.one:
  br label %search

compare:
  %k.next = add i64 %k, 1
  %items = load ptr, ptr %items.place
  %known.place = getelementptr ptr, ptr %items, i64 %k
  %known = load ptr, ptr %known.place
  %words.place = getelementptr %tuple, ptr %known, i64 0, i32 3, i64 0
  %words.object = load ptr, ptr %words.place
  %words = getelementptr %bytes, ptr %words.object, i64 0, i32 3
  store ptr %words, ptr %cursor
  %driver = call ptr @next_pointer(ptr %cursor)
  %size = call i64 @next(ptr %cursor)
  %release = call i64 @next(ptr %cursor)
  %class.arrays = call ptr @next_pointer(ptr %cursor)
  %length.meant = call i64 @next(ptr %cursor)
  %as.long = icmp eq i64 %length, %length.meant
  br i1 %as.long, label %look, label %next.one

look:
  %j = phi i64 [ 0, %compare ], [ %j.next, %alike ]
  %j.more = icmp ult i64 %j, %length
  br i1 %j.more, label %one, label %functions

one:
  %j.next = add i64 %j, 1
  %array.place = getelementptr %tuple, ptr %arrays, i64 0, i32 3, i64 %j
  %array = load ptr, ptr %array.place
  %fits = call i1 @is_known(ptr %array, ptr %class.arrays, ptr %cursor)
  br i1 %fits, label %alike, label %next.one

alike:
  br label %look

functions:
  %out.slot = call i64 @next(ptr %cursor)
  %number = call ptr @next_pointer(ptr %cursor)
  %dtype = call ptr @next_pointer(ptr %cursor)
  %ndim = call i64 @next(ptr %cursor)
  %shape = load ptr, ptr %cursor
  %behind = getelementptr i64, ptr %shape, i64 %ndim
  store ptr %behind, ptr %cursor
  %further = call i64 @next(ptr %cursor)
  %numbers = load ptr, ptr %cursor
  call void @skip_pairs(ptr %cursor, i64 %further)
  %fault.slot = call i64 @next(ptr %cursor)
  %pieces = call i64 @next(ptr %cursor)
  %scratch = load ptr, ptr %cursor
  call void @skip_pairs(ptr %cursor, i64 %pieces)
  %f.same = call i1 @is_function(ptr %f, ptr %cursor)
  br i1 %f.same, label %second, label %next.one

second:
  %g.same = call i1 @is_function(ptr %g, ptr %cursor)
  br i1 %g.same, label %asked, label %next.one

asked:
  %meant.place = getelementptr %tuple, ptr %known, i64 0, i32 3, i64 1
  %meant = load ptr, ptr %meant.place
  %rest = getelementptr ptr, ptr %args, i64 3
  %same = call i1 @is_asked(ptr %meant, ptr %rest, i64 %others)
  br i1 %same, label %found, label %next.one

found: ; what is known stays while it is used, whatever other threads do to the list
  call void @move_ahead(ptr %items, i64 %k)
  call void @Py_IncRef(ptr %known)
  %is.number = icmp ne ptr %number, null
  br i1 %is.number, label %make.number, label %make.array

make.number:
  %scalar = call ptr @PyType_GenericAlloc(ptr %number, i64 0)
  %scalar.place = getelementptr %scalar, ptr %scalar, i64 0, i32 1
  br label %made

make.array:
  %fresh = call ptr @made(ptr %class.arrays, ptr %dtype, i64 %ndim, ptr %shape, i1 false)
  %fresh.none = icmp eq ptr %fresh, null
  br i1 %fresh.none, label %lost, label %data

data:
  %fresh.place = getelementptr %array, ptr %fresh, i64 0, i32 1
  %fresh.data = load ptr, ptr %fresh.place
  br label %made

made:
  %result = phi ptr [ %scalar, %make.number ], [ %fresh, %data ]
  %out = phi ptr [ %scalar.place, %make.number ], [ %fresh.data, %data ]
  %none = icmp eq ptr %result, null
  br i1 %none, label %lost, label %several

several:
  %is.tuple = icmp ne i64 %further, 0
  br i1 %is.tuple, label %make.tuple, label %run

make.tuple:
  %tuple = call ptr @tuple_of(ptr %result, ptr %numbers, i64 %further)
  %tuple.none = icmp eq ptr %tuple, null
  br i1 %tuple.none, label %lost, label %run

run:
  %all = phi ptr [ %result, %several ], [ %tuple, %make.tuple ]
  %template = load ptr, ptr %cursor
  %again.place = getelementptr i8, ptr %words, i64 40 ; behind the class of arrays and their number
  %right = call i1 @run_known(
    ptr %driver, ptr %template, i64 %size, ptr %arrays, ptr %again.place, ptr %out, i64 %out.slot, ptr %all, ptr %numbers,
    i64 %further, i64 %fault.slot, ptr %scratch, i64 %pieces, i64 %release
  )
  call void @Py_DecRef(ptr %known)
  br i1 %right, label %done, label %faulty

done:
  ret ptr %all

faulty:
  call void @Py_DecRef(ptr %all)
  br label %other

lost: ; there is no memory, and Python was told
  call void @Py_DecRef(ptr %known)
  br label %failed

failed: ; Python was told
  ret ptr null

other:
  call void @Py_IncRef(ptr @_Py_NoneStruct)
  ret ptr @_Py_NoneStruct
}

define internal void @skip_pairs(ptr %cursor, i64 %count) alwaysinline {
  %at = load ptr, ptr %cursor
  %words = mul i64 %count, 2
  %behind = getelementptr i64, ptr %at, i64 %words
  store ptr %behind, ptr %cursor
  ret void
}

; Returns a tuple of a number, which it takes, and others of these classes; null where Python was told of an error.
define internal ptr @tuple_of(ptr %first, ptr %numbers, i64 %count) {
entry:
  %length = add i64 %count, 1
  %tuple = call ptr @PyTuple_New(i64 %length)
  %none = icmp eq ptr %tuple, null
  br i1 %none, label %dropped, label %fill

dropped:
  call void @Py_DecRef(ptr %first)
  ret ptr null

fill:
  call i32 @PyTuple_SetItem(ptr %tuple, i64 0, ptr %first)
  br label %look

look:
  %k = phi i64 [ 0, %fill ], [ %k.next, %put ]
  %more = icmp ult i64 %k, %count
  br i1 %more, label %one, label %done

one:
  %k.next = add i64 %k, 1
  %twice = mul i64 %k, 2
  %at = add i64 %twice, 1
  %class.place = getelementptr ptr, ptr %numbers, i64 %at
  %class = load ptr, ptr %class.place
  %number = call ptr @PyType_GenericAlloc(ptr %class, i64 0)
  %missing = icmp eq ptr %number, null
  br i1 %missing, label %lost, label %put

put:
  call i32 @PyTuple_SetItem(ptr %tuple, i64 %k.next, ptr %number)
  br label %look

lost:
  call void @Py_DecRef(ptr %tuple)
  ret ptr null

done:
  ret ptr %tuple
}

; Tells whether an object is an array with the dtype, dimensions, shape and steps at the cursor, and aligned.
define internal i1 @is_known(ptr %value, ptr %class, ptr %cursor) alwaysinline {
entry:
  %class.place = getelementptr %object, ptr %value, i64 0, i32 1
  %class.held = load ptr, ptr %class.place
  %is.array = icmp eq ptr %class.held, %class
  br i1 %is.array, label %look, label %no

look:
  %dtype.meant = call ptr @next_pointer(ptr %cursor)
  %ndim.meant = call i64 @next(ptr %cursor)
  %dtype.place = getelementptr %array, ptr %value, i64 0, i32 6
  %dtype = load ptr, ptr %dtype.place
  %dtype.same = icmp eq ptr %dtype, %dtype.meant
  %ndim = call i64 @dimensions(ptr %value)
  %ndim.same = icmp eq i64 %ndim, %ndim.meant
  %flags.place = getelementptr %array, ptr %value, i64 0, i32 7
  %flags = load i32, ptr %flags.place
  %aligned.bit = and i32 %flags, 256
  %aligned = icmp ne i32 %aligned.bit, 0
  %both = and i1 %dtype.same, %ndim.same
  %all = and i1 %both, %aligned
  br i1 %all, label %extents, label %no

extents:
  %shape = call ptr @shape(ptr %value)
  %shape.same = call i1 @are_next(ptr %shape, i64 %ndim, ptr %cursor)
  br i1 %shape.same, label %steps, label %no

steps:
  %strides.place = getelementptr %array, ptr %value, i64 0, i32 4
  %strides = load ptr, ptr %strides.place
  %steps.same = call i1 @are_next(ptr %strides, i64 %ndim, ptr %cursor)
  br i1 %steps.same, label %yes, label %no

yes:
  call i64 @next(ptr %cursor)
  call i64 @next(ptr %cursor)
  ret i1 true
no:
  ret i1 false
}

define internal i1 @are_next(ptr %numbers, i64 %count, ptr %cursor) alwaysinline {
entry:
  br label %look

look:
  %k = phi i64 [ 0, %entry ], [ %k.next, %one ]
  %more = icmp ult i64 %k, %count
  br i1 %more, label %one, label %yes

one:
  %k.next = add i64 %k, 1
  %place = getelementptr i64, ptr %numbers, i64 %k
  %held = load i64, ptr %place
  %meant = call i64 @next(ptr %cursor)
  %same = icmp eq i64 %held, %meant
  br i1 %same, label %look, label %no

yes:
  ret i1 true
no:
  ret i1 false
}

; Runs a driver over slots like those before, with the addresses of these arrays; tells whether it found no fault.
define internal i1 @run_known(
  ptr %driver, ptr %template, i64 %size, ptr %arrays, ptr %words, ptr %out, i64 %out.slot, ptr %tuple, ptr %numbers, i64 %further,
  i64 %fault.slot, ptr %scratch, i64 %pieces, i64 %release
) {
entry:
  %cursor = alloca %cursor
  %fault = alloca i64
  %slots = alloca i64, i64 %size
  store i64 0, ptr %fault
  store ptr %words, ptr %cursor
  %bytes = mul i64 %size, 8
  call void @llvm.memcpy.p0.p0.i64(ptr %slots, ptr %template, i64 %bytes, i1 false)
  %length.place = getelementptr %tuple, ptr %arrays, i64 0, i32 1
  %length = load i64, ptr %length.place
  br label %look

look:
  %k = phi i64 [ 0, %entry ], [ %k.next, %one ]
  %more = icmp ult i64 %k, %length
  br i1 %more, label %one, label %results

one:
  %k.next = add i64 %k, 1
  %array.place = getelementptr %tuple, ptr %arrays, i64 0, i32 3, i64 %k
  %array = load ptr, ptr %array.place
  %data.place = getelementptr %array, ptr %array, i64 0, i32 1
  %data = load ptr, ptr %data.place
  call i64 @next(ptr %cursor)
  %ndim = call i64 @next(ptr %cursor)
  %at = load ptr, ptr %cursor
  %extents = mul i64 %ndim, 2
  %behind = getelementptr i64, ptr %at, i64 %extents
  store ptr %behind, ptr %cursor
  %slot = call i64 @next(ptr %cursor)
  %again = call i64 @next(ptr %cursor)
  %place = getelementptr i64, ptr %slots, i64 %slot
  store ptr %data, ptr %place
  %place.again = getelementptr i64, ptr %slots, i64 %again
  store ptr %data, ptr %place.again
  br label %look

results:
  %out.place = getelementptr i64, ptr %slots, i64 %out.slot
  store ptr %out, ptr %out.place
  br label %number

number:
  %n = phi i64 [ 0, %results ], [ %n.next, %other ]
  %n.more = icmp ult i64 %n, %further
  br i1 %n.more, label %other, label %fault.or.not

other:
  %n.next = add i64 %n, 1
  %n.twice = mul i64 %n, 2
  %n.slot.place = getelementptr i64, ptr %numbers, i64 %n.twice
  %n.slot = load i64, ptr %n.slot.place
  %item.place = getelementptr %tuple, ptr %tuple, i64 0, i32 3, i64 %n.next
  %item = load ptr, ptr %item.place
  %item.data = getelementptr %scalar, ptr %item, i64 0, i32 1
  %n.at = getelementptr i64, ptr %slots, i64 %n.slot
  store ptr %item.data, ptr %n.at
  br label %number

fault.or.not:
  %may.fail = icmp ne i64 %fault.slot, 0
  br i1 %may.fail, label %faults, label %work

faults:
  %fault.place = getelementptr i64, ptr %slots, i64 %fault.slot
  store ptr %fault, ptr %fault.place
  br label %work

work:
  %s = phi i64 [ 0, %faults ], [ 0, %fault.or.not ], [ %s.next, %room ]
  %s.more = icmp ult i64 %s, %pieces
  br i1 %s.more, label %room, label %launch

room:
  %s.next = add i64 %s, 1
  %s.twice = mul i64 %s, 2
  %s.slot.place = getelementptr i64, ptr %scratch, i64 %s.twice
  %s.slot = load i64, ptr %s.slot.place
  %s.bytes.place = getelementptr i64, ptr %s.slot.place, i64 1
  %s.bytes = load i64, ptr %s.bytes.place
  %memory = alloca i8, i64 %s.bytes, align 64
  %s.place = getelementptr i64, ptr %slots, i64 %s.slot
  store ptr %memory, ptr %s.place
  br label %work

launch:
  %others = icmp ne i64 %release, 0
  br i1 %others, label %beside, label %alone

beside:
  %state = call ptr @PyEval_SaveThread()
  call void %driver(ptr %slots)
  call void @PyEval_RestoreThread(ptr %state)
  br label %done

alone:
  call void %driver(ptr %slots)
  br label %done

done:
  %found = load i64, ptr %fault
  %right = icmp eq i64 %found, 0
  ret i1 %right
}
