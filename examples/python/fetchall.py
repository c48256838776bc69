"""libfetchall for Python: a session with entries, and its events as an iterator.

    import fetchall

    with fetchall.Session(dir="data", jobs=64) as session:
        session.add("https://example.org/a.iso", checksum="sha256=...")
        for event in session.run():
            if event.kind == "done":
                print(event.url, event.status, event.error.msg)

Options are the fields of struct fa_config (fetchall/config.h).  The declarations are read from the
installed headers, so this module fits the library that is installed.  It needs python3-cffi.
"""

import os
import queue
import re
import shutil
import subprocess
import threading
import types

import cffi

HEADERS = ("error.h", "config.h", "event.h", "session.h")
KINDS = ("started", "retry", "host", "done", "progress", "notice", "saved")


def _declarations():
    """What the headers declare, without what only a C compiler understands."""
    folder = os.environ.get("FETCHALL_INCLUDE") or subprocess.check_output(
        ["pkg-config", "--variable=includedir", "fetchall"], text=True).strip()
    text = ""
    for name in HEADERS:
        with open(os.path.join(folder, "fetchall", name), encoding="utf-8") as file:
            text += file.read()
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    numbers = dict(re.findall(r"^#define (FA_\w+) +(\d+)$", text, flags=re.M))
    text = re.sub(r"^#.*$", "", text, flags=re.M)
    text = re.sub(r"^static inline.*?^}", "", text, flags=re.S | re.M)
    text = re.sub(r"__attribute__\(\(format\(.*?\)\)\)|FA_API_(BEGIN|END)", "", text)
    text = re.sub(r"\[(FA_\w+)\]", lambda match: f"[{numbers[match[1]]}]", text)
    return text.replace("FA_CLASS_MEMBER", "class")


ffi = cffi.FFI()
ffi.cdef(_declarations())
lib = ffi.dlopen(os.environ.get("FETCHALL_LIBRARY", "libfetchall.so.1"))


def _copy(value):
    """A value that outlives the event.  Pointers to anything but text are left out."""
    if not isinstance(value, ffi.CData):
        return value
    kind = ffi.typeof(value)
    if kind.kind == "struct":
        copies = {name: _copy(getattr(value, name)) for name, _ in kind.fields}
        return types.SimpleNamespace(**copies)
    if kind.item in (ffi.typeof("char"), ffi.typeof("struct fa_error")) and value != ffi.NULL:
        is_text = kind.item is ffi.typeof("char")
        return ffi.string(value).decode(errors="replace") if is_text else _copy(value[0])
    return None


class Error(Exception):
    """A failure of the library: its class, such as "local_io", and a message."""

    def __init__(self, err):
        self.class_name = _copy(lib.fa_class_name(getattr(err, "class")))
        super().__init__(_copy(err.msg))


class Session:
    """A session, which downloads its entries once: see libfetchall(3)."""

    def __init__(self, **options):
        self._keep = []  # what the library borrows
        self._err = ffi.new("struct fa_error *")
        config = ffi.new("struct fa_config *")
        lib.fa_config_init_size(config, ffi.sizeof("struct fa_config"))
        # Worker processes are another program: python itself cannot be one.
        program = shutil.which(os.environ.get("FETCHALL", "fetchall"))
        for name, value in {"worker_program": program, **options}.items():
            if isinstance(value, (list, tuple)):
                setattr(config, "n_" + name, len(value))
            setattr(config, name, self._borrow(value))
        self._events = queue.SimpleQueue()
        self._handler = ffi.callback("fa_event_handler", self._take)
        self._session = self._check(
            lib.fa_session_new(config, self._handler, ffi.NULL, self._err), ffi.NULL)

    def _borrow(self, value):
        if value is None:
            return ffi.NULL
        if isinstance(value, (list, tuple)):
            value = ffi.new("const char *[]", [self._borrow(item) for item in value])
        elif isinstance(value, (str, os.PathLike)):
            value = ffi.new("char[]", os.fsencode(value))
        self._keep.append(value)
        return value

    def _check(self, result, failure=-1):
        if result == failure:
            raise Error(self._err)
        return result

    def _take(self, _ctx, event):
        kind = KINDS[event.type] if event.type < len(KINDS) else "unknown"
        copy = _copy(getattr(event, kind, None)) or types.SimpleNamespace()
        copy.kind = kind
        if kind == "done":
            copy.status = _copy(lib.fa_status_name(event.done.status))
        self._events.put(copy)

    def add(self, url, **options):
        """Add an entry; options are those of a list: out, dir, checksum, size, header."""
        texts = [f"{name}={value}" for name, value in options.items()]
        self._check(lib.fa_session_add_entry(self._session, os.fsencode(url),
                                             self._borrow(texts + [None]), ffi.NULL, self._err))

    def add_list(self, name):
        """Add a list: a file, or a URL."""
        self._check(lib.fa_session_add_list(self._session, self._borrow(name), self._err))

    def run(self):
        """Download, and yield the events as they come."""
        result, end = [], ffi.new("enum fa_end *")

        def work():
            result.append(lib.fa_session_run(self._session, end, self._err))
            self._events.put(None)

        thread = threading.Thread(target=work)
        thread.start()
        try:
            yield from iter(self._events.get, None)
        finally:  # also if the loop of the caller ends early
            self.stop()
            thread.join()
        self._check(result[0])

    def stop(self):
        """Let the run end; parts are kept for the next one."""
        lib.fa_session_stop(self._session, lib.FA_STOP_DRAIN)

    def __enter__(self):
        return self

    def __exit__(self, *_exception):
        lib.fa_session_free(self._session)
