/// The version of the whole package, as every tool's `--version` prints it.
package let version = "0.1.0"
