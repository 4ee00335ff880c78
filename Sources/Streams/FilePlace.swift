/// Where in a file a record is, so that it can be read again. The file is a regular one, and open.
package struct FilePlace {
  package let file: InputFile
  /// Bytes from the file's beginning.
  package let offset: Int

  package init(file: InputFile, offset: Int) {
    self.file = file
    self.offset = offset
  }
}
