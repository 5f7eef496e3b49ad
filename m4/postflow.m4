dnl Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause

dnl PF_TRY_CFLAG(FLAG, VARIABLE): adds FLAG to VARIABLE if the compiler takes it.
AC_DEFUN([PF_TRY_CFLAG], [
  AC_MSG_CHECKING([whether $CC takes $1])
  pf_save_CFLAGS=$CFLAGS
  CFLAGS="$CFLAGS -Werror $1"
  AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])],
    [AC_MSG_RESULT([yes]); $2="$$2 $1"], [AC_MSG_RESULT([no])])
  CFLAGS=$pf_save_CFLAGS
])

dnl Warnings and hardening. -Werror belongs to continuous integration, not here.
AC_DEFUN([PF_WARNINGS], [
  PF_CFLAGS=
  for pf_flag in -std=gnu11 -Wall -Wextra -Wshadow -Wpointer-arith \
      -Wstrict-prototypes -Wmissing-prototypes -Wwrite-strings -Wformat=2 \
      -Wundef -Wvla -Wno-missing-field-initializers -fno-common -fvisibility=hidden \
      -fstack-protector-strong; do
    PF_TRY_CFLAG([$pf_flag], [PF_CFLAGS])
  done
  AC_SUBST([PF_CFLAGS])
])

dnl POSIX threads by the compiler's own flag.
AC_DEFUN([PF_PTHREAD], [
  PTHREAD_CFLAGS=-pthread
  PTHREAD_LIBS=-pthread
  AC_SUBST([PTHREAD_CFLAGS])
  AC_SUBST([PTHREAD_LIBS])
])

AC_DEFUN([PF_SANITIZERS], [
  AC_ARG_ENABLE([sanitizers],
    [AS_HELP_STRING([--enable-sanitizers@<:@=LIST@:>@],
      [build with sanitizers (default list: address,undefined)])],
    [], [enable_sanitizers=no])
  AS_CASE([$enable_sanitizers], [yes], [enable_sanitizers=address,undefined])
  SAN_CFLAGS=
  AS_IF([test "x$enable_sanitizers" != xno], [
    SAN_CFLAGS="-fsanitize=$enable_sanitizers -fno-omit-frame-pointer -fno-sanitize-recover=all"
    AC_DEFINE_UNQUOTED([PF_SANITIZED], ["$enable_sanitizers"],
      [the sanitizers this was built with])
  ])
  AC_SUBST([SAN_CFLAGS])
])

dnl With --enable-fuzzing (clang) fuzz targets link libFuzzer; without, a main
dnl that replays the files it is given, so that "make check" covers them.
AC_DEFUN([PF_FUZZING], [
  AC_ARG_ENABLE([fuzzing],
    [AS_HELP_STRING([--enable-fuzzing], [link fuzz targets with libFuzzer])],
    [], [enable_fuzzing=no])
  FUZZ_CFLAGS= FUZZ_LDFLAGS=
  AS_IF([test "x$enable_fuzzing" = xyes], [
    FUZZ_CFLAGS="-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all"
    FUZZ_LDFLAGS="-fsanitize=fuzzer"
  ])
  AC_SUBST([FUZZ_CFLAGS])
  AC_SUBST([FUZZ_LDFLAGS])
  AM_CONDITIONAL([FUZZING], [test "x$enable_fuzzing" = xyes])
])
