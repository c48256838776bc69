/**
 * Names that a template makes (list/template.h).  Pure.
 */
#ifndef FA_ENGINE_NAME_TEMPLATE_H
#define FA_ENGINE_NAME_TEMPLATE_H

#include "base/buf.h"
#include "engine/name_part.h"

/** Append the name that src->name makes.  @return 0, or -1 with FA_CLASS_REFUSED: the entry lacks a
 * column. */
int fa_name_put_template(struct fa_buf *buf, const struct fa_name_source *src,
                         struct fa_error *err);

#endif
