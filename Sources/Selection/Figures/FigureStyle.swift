/// The looks of a figure: light, and dark where the reader's system is.
///
/// The two hues are from the palette of M. Okabe and K. Ito ("Color universal design", 2008), told apart
/// with every kind of colour vision; nothing is said by a hue alone. Rules are plain, without variables,
/// as not every viewer knows those.
enum FigureStyle {
  static let css: StaticString = """
    .g-figure{font-family:system-ui,-apple-system,"Segoe UI","Helvetica Neue",Arial,sans-serif;font-size:12px}
    .g-figure text{fill:#1b1f24}
    .g-figure .paper{fill:#fff}
    .g-figure .title{font-size:18px;font-weight:600}
    .g-figure .head{font-size:13.5px;font-weight:600}
    .g-figure .small,.g-figure .tick{font-size:11px}
    .g-figure .sub,.g-figure .tick,.g-figure .axis,.g-figure .small{fill:#57606a}
    .g-figure .strong{font-weight:600}
    .g-figure .grid{stroke:#e6e9ed;stroke-width:1;fill:none}
    .g-figure .rule{stroke:#8c959f;stroke-width:1;fill:none}
    .g-figure .chance{stroke:#57606a;stroke-width:1;stroke-dasharray:3 3;fill:none}
    .g-figure .one{fill:#0072b2;stroke:#0072b2}
    .g-figure .all{fill:#57606a;stroke:#57606a}
    .g-figure .pick{fill:#d55e00;stroke:#d55e00}
    .g-figure .area{fill-opacity:.28;stroke:none}
    .g-figure .line{fill:none;stroke-width:1.4;stroke-linejoin:round}
    .g-figure .box{fill:none;stroke-width:3}
    .g-figure .median{fill:#fff;stroke:#1b1f24;stroke-width:1.5}
    .g-figure .whisker{stroke:#0072b2;stroke-width:1.5;fill:none}
    .g-figure .dot{fill:#0072b2}
    .g-figure .cell{fill:#0072b2}
    .g-figure .d1{fill-opacity:.13}.g-figure .d2{fill-opacity:.26}.g-figure .d3{fill-opacity:.4}
    .g-figure .d4{fill-opacity:.55}.g-figure .d5{fill-opacity:.7}.g-figure .d6{fill-opacity:.85}
    .g-figure .halo{stroke:#fff;stroke-width:5;fill:none;stroke-linejoin:round;stroke-linecap:round}
    .g-figure .trend{stroke:#d55e00;stroke-width:2;fill:none;stroke-linejoin:round;stroke-linecap:round}
    .g-figure .column{fill:#0072b2;fill-opacity:.75}
    .g-figure .marker{stroke:#d55e00;stroke-width:1.5;fill:none}
    @media (prefers-color-scheme:dark){
    .g-figure text{fill:#e6edf3}
    .g-figure .paper{fill:#0f1419}
    .g-figure .sub,.g-figure .tick,.g-figure .axis,.g-figure .small{fill:#9ea7b3}
    .g-figure .grid{stroke:#252c35}
    .g-figure .rule{stroke:#6b7683}
    .g-figure .chance{stroke:#9ea7b3}
    .g-figure .one{fill:#56b4e9;stroke:#56b4e9}
    .g-figure .all{fill:#9ea7b3;stroke:#9ea7b3}
    .g-figure .pick{fill:#e69f00;stroke:#e69f00}
    .g-figure .area{stroke:none}
    .g-figure .line,.g-figure .box{fill:none}
    .g-figure .whisker{stroke:#56b4e9}
    .g-figure .trend,.g-figure .marker{stroke:#e69f00}
    .g-figure .median{fill:#0f1419;stroke:#e6edf3}
    .g-figure .dot,.g-figure .cell,.g-figure .column{fill:#56b4e9}
    .g-figure .halo{stroke:#0f1419}
    }
    """
}
