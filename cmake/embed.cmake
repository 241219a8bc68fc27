# refmill_embed(NAME DIRECTORY dir [DIRECTORY dir]...)
#
# Writes one assembler file that carries every file of the folders in .rodata and
# a table of them, `asset_table` (see src/base/asset.h), sorted by path. The path
# of an asset is the one below src/, e.g. "web/assets/page.css".
function(refmill_embed name)
  set(files)
  foreach(word ${ARGN})
    if(NOT word STREQUAL "DIRECTORY")
      file(GLOB found CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${word}/*)
      list(APPEND files ${found})
    endif()
  endforeach()
  list(SORT files)

  set(blobs "")
  set(rows "")
  set(index 0)
  foreach(file ${files})
    file(RELATIVE_PATH path ${CMAKE_SOURCE_DIR}/src ${file})
    string(APPEND blobs
      ".Lname${index}:\n  .asciz \"${path}\"\n.Ldata${index}:\n  .incbin \"${file}\"\n.Lend${index}:\n  .byte 0\n")
    string(APPEND rows
      "  .quad .Lname${index}\n  .quad .Ldata${index}\n  .quad .Lend${index} - .Ldata${index}\n")
    math(EXPR index "${index} + 1")
  endforeach()

  set(source ${CMAKE_BINARY_DIR}/${name}.S)
  file(CONFIGURE OUTPUT ${source} @ONLY CONTENT
".section .rodata
${blobs}
.section .data.rel.ro,\"aw\"
.balign 8
.global asset_table
asset_table:
${rows}
.global asset_count
.balign 8
asset_count:
  .quad ${index}
.section .note.GNU-stack,\"\",%progbits
")
  set_source_files_properties(${source} PROPERTIES OBJECT_DEPENDS "${files}")
  set(${name}_source ${source} PARENT_SCOPE)
endfunction()
