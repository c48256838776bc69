/**
 * The script of a queue in Redis: queue.lua, embedded by the build.
 */
#ifndef FA_QUEUE_SCRIPT_H
#define FA_QUEUE_SCRIPT_H

extern const char fa_queue_script[];

#endif
