/**
 * Rules that hold for all public headers, and the macros that they need.
 *
 * They are C11 and C++17.  A function is public, and exported by the shared library, if it is
 * declared between FA_API_BEGIN and FA_API_END; src/libfetchall.map lists these functions again.
 *
 * Structs can grow without breaking a program that was compiled with an earlier version:
 * - A struct that the caller allocates begins with its size.  The caller sets it, best with
 *   `= {.size = sizeof(...)}` (fa_config_init() does so), and zeroes the rest.  The library neither
 *   reads nor writes past that size: fields that the caller does not know have their defaults.  A
 *   size of 0 is refused, and so is a field that is set and that the library does not know
 *   (FA_CLASS_REFUSED).
 * - A struct that the library allocates and hands to a callback may have more fields at its end.
 * - A row of an array (struct fa_task_type) has reserved fields instead, which are zero.
 * - struct fa_error, and structs that are members of other structs, never change their size.
 * New fields are added at the end, and enumerators keep their values.
 */
#ifndef FETCHALL_API_H
#define FETCHALL_API_H

#ifdef __cplusplus
#define FA_API_BEGIN extern "C" {
#define FA_API_END   }
/** The member `class` of some structs is called `class_` in C++, where class is a keyword. */
#define FA_CLASS_MEMBER class_
#else
#define FA_API_BEGIN    _Pragma("GCC visibility push(default)")
#define FA_API_END      _Pragma("GCC visibility pop")
#define FA_CLASS_MEMBER class
#endif

#endif
