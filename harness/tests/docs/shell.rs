//! As much of a shell's grammar as commands on pages use: words, quotes, comments, pipes.

/// The simple commands of a line, each as its words.
pub(crate) fn simple_commands(line: &str) -> Vec<Vec<String>> {
    let mut reader = Reader::default();
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        match (reader.quote, character) {
            (Some(quote), c) if c == quote => reader.quote = None,
            (Some('"') | None, '\\') => reader.escaped(characters.next()),
            (None, '\'' | '"') => reader.open(character),
            (None, '#') if reader.word.is_none() => break,
            (None, '|' | '&' | ';') => reader.end_command(),
            (None, c) if c.is_whitespace() => reader.end_word(),
            (_, c) => reader.push(c),
        }
    }
    reader.end_command();
    reader.commands
}

#[derive(Default)]
struct Reader {
    commands: Vec<Vec<String>>,
    words: Vec<String>,
    word: Option<String>,
    quote: Option<char>,
}

impl Reader {
    fn push(&mut self, character: char) {
        self.word.get_or_insert_default().push(character);
    }

    fn open(&mut self, quote: char) {
        self.word.get_or_insert_default();
        self.quote = Some(quote);
    }

    /// An escaped end of line is nothing.
    fn escaped(&mut self, character: Option<char>) {
        if let Some(character) = character.filter(|&c| c != '\n') {
            self.push(character);
        }
    }

    fn end_word(&mut self) {
        self.words.extend(self.word.take());
    }

    /// Where output goes is not a command's argument.
    fn end_command(&mut self) {
        self.end_word();
        if let Some(redirection) = self.words.iter().position(|word| word.starts_with('>')) {
            self.words.truncate(redirection);
        }
        if !self.words.is_empty() {
            self.commands.push(std::mem::take(&mut self.words));
        }
    }
}

#[test]
fn words_are_those_of_a_shell() {
    let commands =
        simple_commands("echo 'GET /' | slogate run a.yaml -e \"A=b c\" \\\n  --quiet > x # no");
    assert_eq!(commands[0], ["echo", "GET /"]);
    assert_eq!(commands[1], ["slogate", "run", "a.yaml", "-e", "A=b c", "--quiet"]);
}
