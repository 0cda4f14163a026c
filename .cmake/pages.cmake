# The manual page and the completions of the shells, as the program itself prints them:
# cmake -D PROGRAM=... -D FOLDER=... -P pages.cmake
file(MAKE_DIRECTORY ${FOLDER})
foreach(page "man|dovetail.1" "bash|dovetail" "zsh|_dovetail" "fish|dovetail.fish")
  string(REPLACE "|" ";" page "${page}")
  list(GET page 0 kind)
  list(GET page 1 file)
  execute_process(COMMAND ${PROGRAM} completions ${kind} OUTPUT_FILE ${FOLDER}/${file} COMMAND_ERROR_IS_FATAL ANY)
endforeach()
