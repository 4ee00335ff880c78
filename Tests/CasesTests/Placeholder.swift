// CasesTests
