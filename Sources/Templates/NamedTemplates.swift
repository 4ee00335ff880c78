/// Chat templates in wide use, for base models that come without one. The tokenizer's own beginning token
/// comes before them, as it does before any text.
enum NamedTemplates {
  static let all: [String: String] = [
    "alpaca": alpaca, "chatml": chatML, "llama3": llama3, "tulu": tulu, "vicuna": vicuna, "zephyr": zephyr,
  ]

  /// Stanford Alpaca's two prompts, with and without input; a conversation goes on with further instructions.
  private static let alpaca = """
    {%- for message in messages -%}
      {%- if message.role == 'system' -%}
        {{- message.content + '\\n\\n' -}}
      {%- elif message.role == 'user' -%}
        {%- if loop.first and message.input -%}
          {{- 'Below is an instruction that describes a task, paired with an input that provides further context. Write a response that appropriately completes the request.\\n\\n' -}}
        {%- elif loop.first -%}
          {{- 'Below is an instruction that describes a task. Write a response that appropriately completes the request.\\n\\n' -}}
        {%- endif -%}
        {{- '### Instruction:\\n' + message.instruction + '\\n\\n' -}}
        {%- if message.input -%}{{- '### Input:\\n' + message.input + '\\n\\n' -}}{%- endif -%}
      {%- elif message.role == 'assistant' -%}
        {{- '### Response:\\n' + message.content -}}{%- if not loop.last -%}{{- '\\n\\n' -}}{%- endif -%}
      {%- else -%}
        {{- '### ' + message.role + ':\\n' + message.content + '\\n\\n' -}}
      {%- endif -%}
    {%- endfor -%}
    """

  /// OpenAI's Chat Markup Language.
  private static let chatML = """
    {%- for message in messages -%}
      {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' -}}
    {%- endfor -%}
    """

  /// Llama 3's, without its beginning token: texts are trimmed.
  private static let llama3 = """
    {%- for message in messages -%}
      {{- '<|start_header_id|>' + message.role + '<|end_header_id|>\\n\\n' + message.content | trim + '<|eot_id|>' -}}
    {%- endfor -%}
    """

  /// Tulu's (Allen AI's open-instruct): what the assistant says ends with the end token.
  private static let tulu = """
    {%- for message in messages -%}
      {{- '<|' + message.role + '|>\\n' + message.content -}}
      {%- if message.role == 'assistant' -%}{{- eos_token if eos_token is defined else '' -}}{%- endif -%}
      {%- if not loop.last -%}{{- '\\n' -}}{%- endif -%}
    {%- endfor -%}
    """

  /// Vicuna 1.1's.
  private static let vicuna = """
    {%- if messages[0].role == 'system' -%}{{- messages[0].content + ' ' -}}
    {%- else -%}{{- "A chat between a curious user and an artificial intelligence assistant. The assistant gives helpful, detailed, and polite answers to the user's questions. " -}}
    {%- endif -%}
    {%- for message in messages -%}
      {%- if message.role == 'assistant' -%}
        {{- 'ASSISTANT: ' + message.content + (eos_token if eos_token is defined else '') -}}
      {%- elif message.role != 'system' -%}
        {{- message.role.upper() + ': ' + message.content + ' ' -}}
      {%- endif -%}
    {%- endfor -%}
    """

  /// Zephyr's: every turn ends with the end token.
  private static let zephyr = """
    {%- for message in messages -%}
      {{- '<|' + message.role + '|>\\n' + message.content + (eos_token if eos_token is defined else '') + '\\n' -}}
    {%- endfor -%}
    """
}
