/**
 * Rules that hold for all public headers, and the macros that they need.
 *
 * They are C11 and C++17.  A function is public, and exported by the shared library, if it is
 * declared between FA_API_BEGIN and FA_API_END; src/libfetchall.map lists these functions again.
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
