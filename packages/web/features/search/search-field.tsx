import { useNavigate, useRouterState } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { useShortcut } from "#web/app/use-shortcut.ts";
import { useLanguage } from "#web/i18n/i18n.tsx";
import { Icon } from "#web/ui/icon.tsx";
import styles from "./search-field.module.css";
import { readSearchState } from "./search-state.ts";

/** Short enough to feel at once, long enough that a typed word is one request. */
const typingMs = 180;

/** Searches while somebody types; Enter asks for an answer, too. */
export function SearchField() {
	const { t } = useLanguage();
	const navigate = useNavigate();
	const input = useRef<HTMLInputElement>(null);
	const location = useRouterState({ select: (state) => state.location });
	const isSearch = location.pathname === "/search";
	const shown = isSearch ? (readSearchState(location.search).q ?? "") : "";
	const [text, setText] = useState(shown);
	const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
	const typed = useRef(shown);

	// Back and forward change the query without the field.
	useEffect(() => {
		if (shown === typed.current) return;
		typed.current = shown;
		setText(shown);
	}, [shown]);

	useShortcut("/", () => {
		input.current?.focus();
		input.current?.select();
	});

	function go(q: string, ask?: true) {
		clearTimeout(timer.current);
		typed.current = q;
		if (q.trim() === "") {
			if (isSearch) void navigate({ to: "/" });
			return;
		}
		void navigate({
			to: "/search",
			search: (former) => ({ ...(isSearch ? former : {}), item: undefined, q, ask }),
			replace: isSearch,
		});
	}

	function clear() {
		setText("");
		go("");
		input.current?.focus();
	}

	return (
		<search className={styles.field}>
			<Icon name="search" />
			<input
				ref={input}
				type="search"
				className={styles.input}
				value={text}
				aria-label={t("search.label")}
				placeholder={t("search.placeholder")}
				enterKeyHint="search"
				autoComplete="off"
				onChange={({ target: { value } }) => {
					setText(value);
					clearTimeout(timer.current);
					timer.current = setTimeout(() => go(value), typingMs);
				}}
				onKeyDown={(event) => {
					// While an input method composes a character, its keys are its own.
					if (event.nativeEvent.isComposing) return;
					if (event.key === "Enter") go(text, true);
					if (event.key === "Escape" && text !== "") clear();
				}}
			/>
			<span className={styles.key} aria-hidden="true">
				/
			</span>
			{text !== "" && (
				<button type="button" className={styles.clear} aria-label={t("search.clear")} onClick={clear}>
					<Icon name="close" size={16} />
				</button>
			)}
		</search>
	);
}
