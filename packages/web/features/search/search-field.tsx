import { useNavigate, useRouterState } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { SearchField as AriaSearchField, Button, Input, Label } from "react-aria-components";
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

	return (
		<AriaSearchField
			className={styles.field}
			value={text}
			onChange={(value) => {
				setText(value);
				clearTimeout(timer.current);
				timer.current = setTimeout(() => go(value), typingMs);
			}}
			onSubmit={(value) => go(value, true)}
			onClear={() => go("")}
		>
			<Label className="visually-hidden">{t("search.label")}</Label>
			<Icon name="search" />
			<Input ref={input} className={styles.input} placeholder={t("search.placeholder")} enterKeyHint="search" />
			<span className={styles.key} aria-hidden="true">
				/
			</span>
			<Button className={styles.clear}>
				<Icon name="close" size={16} />
			</Button>
		</AriaSearchField>
	);
}
