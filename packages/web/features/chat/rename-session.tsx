import { type FormEvent, useState } from "react";
import type { Schemas } from "#web/app/api.ts";
import { useLanguage } from "#web/i18n/i18n.tsx";
import { Button } from "#web/ui/button.tsx";
import { Dialog } from "#web/ui/dialog.tsx";
import { Field } from "#web/ui/field.tsx";
import { Banner } from "#web/ui/notice.tsx";
import { useRenameSession } from "./use-chat.ts";

const maxTitle = 100;
const formId = "rename-session";

/** Gives a conversation another title. */
export function RenameSession({ session, onClose }: { session: Schemas["ChatSession"]; onClose(): void }) {
	const { t } = useLanguage();
	const rename = useRenameSession();
	const [title, setTitle] = useState(session.title ?? "");

	function submit(event: FormEvent<HTMLFormElement>) {
		event.preventDefault();
		if (title.trim() === (session.title ?? "")) return onClose();
		rename.mutate({ sessionId: session.session_id, title: title.trim() }, { onSuccess: onClose });
	}

	return (
		<Dialog
			title={t("chat.rename")}
			isOpen
			onClose={onClose}
			actions={
				<>
					<Button onPress={onClose}>{t("action.cancel")}</Button>
					<Button type="submit" form={formId} look="primary" isPending={rename.isPending}>
						{t("action.save")}
					</Button>
				</>
			}
		>
			<form id={formId} onSubmit={submit}>
				{rename.error && <Banner tone="danger">{rename.error.message}</Banner>}
				<Field
					label={t("chat.title")}
					value={title}
					onChange={setTitle}
					maxLength={maxTitle}
					pattern=".*\S.*"
					isRequired
					autoFocus
				/>
			</form>
		</Dialog>
	);
}
