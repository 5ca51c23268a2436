# Interface targets: how our own code is compiled, and what warns.
add_library(exai_settings INTERFACE)
target_compile_features(exai_settings INTERFACE cxx_std_20)
target_compile_definitions(exai_settings INTERFACE
  _GLIBCXX_ASSERTIONS JSON_USE_IMPLICIT_CONVERSIONS=0 BOOST_ASIO_NO_DEPRECATED)
target_compile_options(exai_settings INTERFACE -fstack-protector-strong -fno-omit-frame-pointer -fpch-preprocess
  $<$<CONFIG:Release>:-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fstack-clash-protection>)
# Indirect jumps land where one is meant: a form of each processor, and g++ knows which.
include(CheckCXXCompilerFlag)
foreach(flag -fcf-protection=full -mbranch-protection=standard)
  string(MAKE_C_IDENTIFIER "exai_has${flag}" known)
  check_cxx_compiler_flag(${flag} ${known})
  if(${known})
    target_compile_options(exai_settings INTERFACE $<$<CONFIG:Release>:${flag}>)
  endif()
endforeach()
target_link_options(exai_settings INTERFACE LINKER:--as-needed LINKER:-z,relro LINKER:-z,now LINKER:-z,noexecstack
  LINKER:--hash-style=gnu
  $<$<CONFIG:Release>:LINKER:--gc-sections> $<$<CONFIG:Release>:-s>)

if(EXAI_SANITIZE STREQUAL "address")
  set(flags -fsanitize=address,undefined -fno-sanitize-recover=all -Wno-maybe-uninitialized)
elseif(EXAI_SANITIZE STREQUAL "thread")
  # Asio's fences are unknown to the thread sanitizer; its locks and posts are not.
  set(flags -fsanitize=thread -Wno-tsan)
endif()
target_compile_options(exai_settings INTERFACE ${flags})
target_link_options(exai_settings INTERFACE ${flags})

# A call makes and drops hundreds of small objects, some on one thread and some on another: with glibc's allocator that
# is a tenth to a fifth of its time. Linked in, for a shared library costs every command its loading. The sanitizers
# bring an allocator of their own.
add_library(exai_allocator INTERFACE)
if(NOT EXAI_SANITIZE)
  find_library(JEMALLOC NAMES libjemalloc_pic.a REQUIRED)
  target_link_libraries(exai_allocator INTERFACE ${JEMALLOC})
endif()

add_library(exai_warnings INTERFACE)
target_compile_options(exai_warnings INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wnon-virtual-dtor
  $<$<BOOL:${EXAI_WERROR}>:-Werror>)
