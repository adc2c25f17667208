CREATE TABLE `audit_entry` (
	`chain` text NOT NULL,
	`seq` integer NOT NULL,
	`at` integer NOT NULL,
	`body` text NOT NULL,
	`hash` text NOT NULL,
	`source` text,
	PRIMARY KEY(`chain`, `seq`)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `audit_entry_source` ON `audit_entry` (`chain`,`source`);--> statement-breakpoint
CREATE TABLE `audit_head` (
	`chain` text PRIMARY KEY NOT NULL,
	`seq` integer NOT NULL,
	`hash` text NOT NULL,
	`seal` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `data_key` (
	`org_id` text NOT NULL,
	`version` integer NOT NULL,
	`kek` text NOT NULL,
	`wrapped` text NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`org_id`, `version`)
);
--> statement-breakpoint
CREATE INDEX `data_key_kek` ON `data_key` (`kek`);--> statement-breakpoint
CREATE TABLE `secret` (
	`org_id` text NOT NULL,
	`name` text NOT NULL,
	`version` integer NOT NULL,
	`hosts` text,
	`groups` text,
	`data_key` integer NOT NULL,
	`sealed` text,
	`created_at` integer NOT NULL,
	`created_by` text NOT NULL,
	`deleted_at` integer,
	PRIMARY KEY(`org_id`, `name`, `version`)
);
--> statement-breakpoint
CREATE INDEX `secret_data_key` ON `secret` (`org_id`,`data_key`);