/**
 * Where the passwords of --netrc are.
 */
#ifndef FA_BASE_NETRC_H
#define FA_BASE_NETRC_H

/**
 * The file of curl: .netrc in $HOME, or in the home that passwd(5) names.
 *
 * @return To be freed with free(3); NULL when there is no home, or memory ran out.
 */
char *fa_netrc_path(void);

#endif
