/** The first that matches wins, so what tells most comes first. */
const signs: [string, RegExp][] = [
	["SQL", /^\s*(?:select\s.+|from\s\w+|where\s.+|insert into\s)/im],
	["Rust", /\bfn \w+.*->|\blet mut\b|\bimpl\b|&mut\b/],
	["Python", /^\s*(?:def \w+\(.*\):|from \w[\w.]* import|elif |import \w+$|class \w+.*:$)/m],
	["Go", /\bfunc \w*.*\{$|:=|^package \w+$/m],
	["Java", /\bpublic (?:static |final )?(?:class|void|int|String)\b/],
	["C", /^\s*#include\b|\bint main\(|\bprintf\(/m],
	["TypeScript", /\binterface \w+ \{|: (?:string|number|boolean)\b.*[;,)=]/],
	["JavaScript", /\b(?:const|let|var) \w+ =|=>|\bfunction \w*\(|\bconsole\.log\(/],
	["HTML", /<\/(?:div|p|span|html|body|a|ul|li)>/],
	["Terminal", /^\s*(?:\$|❯|➜|\w+@[\w-]+[:~ ].*[$#])\s?\w/m],
];

/** Names the language of source code; null where no sign of one is there. */
export function languageOfCode(texts: readonly string[]): string | null {
	const text = texts.join("\n");
	return signs.find(([, sign]) => sign.test(text))?.[0] ?? null;
}
