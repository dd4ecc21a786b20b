# SRFAST_SANITIZE: a comma-separated list for -fsanitize=, for the whole build ("address,undefined").
if(SRFAST_SANITIZE)
  add_compile_options(-fsanitize=${SRFAST_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${SRFAST_SANITIZE})
endif()
