BEGIN TRANSACTION;
CREATE TABLE "activations" (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	task VARCHAR(40) NOT NULL, 
	version_id INTEGER, 
	at DATETIME NOT NULL, 
	member_id BIGINT, 
	reason VARCHAR(20) NOT NULL, 
	CONSTRAINT fk_activations_version_id_versions FOREIGN KEY(version_id) REFERENCES versions (id)
);
INSERT INTO "activations" VALUES(1,'names',1,'2026-11-25 12:00:00.000000',91,'better');
INSERT INTO "activations" VALUES(2,'names',2,'2026-11-25 12:00:00.000000',91,'better');
INSERT INTO "activations" VALUES(3,'names',1,'2026-11-25 12:01:00.000000',92,'rollback');
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0013');
CREATE TABLE blocks (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	community_id BIGINT NOT NULL, 
	member_id BIGINT NOT NULL, 
	moderator_id BIGINT, 
	blocked_at DATETIME NOT NULL, 
	CONSTRAINT uq_blocks_community_id UNIQUE (community_id, member_id)
);
INSERT INTO "blocks" VALUES(1,81,93,92,'2026-11-25 12:00:00.000000');
CREATE TABLE button_states (
	id BIGINT NOT NULL, 
	member_id BIGINT NOT NULL, 
	community_id BIGINT, 
	payload TEXT NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_button_states PRIMARY KEY (id)
);
INSERT INTO "button_states" VALUES(555,91,81,'{"text": "Shall I"}','2026-11-25 12:00:00.000000');
CREATE TABLE "candidates" (
	poll_id BIGINT NOT NULL, 
	position INTEGER NOT NULL, 
	name VARCHAR(128) NOT NULL, removed_at DATETIME, 
	CONSTRAINT pk_candidates PRIMARY KEY (poll_id, position), 
	CONSTRAINT fk_candidates_poll_id_polls FOREIGN KEY(poll_id) REFERENCES "polls" (id) ON DELETE CASCADE
);
INSERT INTO "candidates" VALUES(7001,0,'Mangosaurus',NULL);
INSERT INTO "candidates" VALUES(7001,1,'Ödlandosaurus',NULL);
INSERT INTO "candidates" VALUES(7002,0,'Mangosaurus',NULL);
INSERT INTO "candidates" VALUES(7002,1,'Ödlandosaurus',NULL);
INSERT INTO "candidates" VALUES(7003,0,'Mangosaurus','2026-11-25 10:40:00.000000');
INSERT INTO "candidates" VALUES(7003,1,'Ödlandosaurus',NULL);
INSERT INTO "candidates" VALUES(7004,0,'Bravosaurus',NULL);
INSERT INTO "candidates" VALUES(7004,1,'Mangoraptor',NULL);
INSERT INTO "candidates" VALUES(7005,0,'Ödlandosaurus',NULL);
INSERT INTO "candidates" VALUES(7005,1,'Mangopelta',NULL);
CREATE TABLE "communities" (
	id BIGINT NOT NULL, 
	vote_minutes INTEGER, 
	left_at DATETIME, in_public_hall BOOLEAN, accepts_shared BOOLEAN, log_channel_id BIGINT, filter_strictness INTEGER, blocked_words TEXT, votes_needed INTEGER, shows_strips BOOLEAN, daily_channel_id BIGINT, daily_hour INTEGER, daily_zone VARCHAR(40), daily_hours INTEGER, daily_from VARCHAR(10), daily_stopped VARCHAR(10), language VARCHAR(16), welcomed_at DATETIME, 
	CONSTRAINT pk_communities PRIMARY KEY (id)
);
INSERT INTO "communities" VALUES(81,30,NULL,NULL,NULL,82,2,'egg
nest',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'2026-11-30 00:00:00+00:00');
INSERT INTO "communities" VALUES(85,NULL,'2026-11-25 11:51:00.000000',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'2026-11-30 00:00:00+00:00');
INSERT INTO "communities" VALUES(86,NULL,NULL,0,0,NULL,NULL,NULL,2,0,88,18,'Europe/Berlin',4,'2026-11-25',NULL,'pt-BR',NULL);
INSERT INTO "communities" VALUES(87,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'quiet',NULL,NULL);
CREATE TABLE "custom_models" (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	community_id BIGINT NOT NULL, 
	name VARCHAR(32) NOT NULL, 
	"key" VARCHAR(96) NOT NULL, 
	member_id BIGINT, 
	shared BOOLEAN NOT NULL, 
	created_at DATETIME NOT NULL, 
	title VARCHAR(200) NOT NULL, 
	entries INTEGER NOT NULL, 
	corpus BLOB, 
	corpus_sha256 VARCHAR(64) NOT NULL, 
	weights BLOB, 
	digest VARCHAR(64), 
	seconds DOUBLE, 
	CONSTRAINT uq_custom_models_community_id UNIQUE (community_id, "key")
);
INSERT INTO "custom_models" VALUES(1,81,'Elves','elves',91,1,'2026-11-25 12:00:00.000000','elves.txt',3,X'789C73CD29CACF4BE1F239BCAB242333358FEBDC8C73DBCF379F5B7FBEF3DC5E00BB1D0EF7','eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee',X'77656967687473206F6620656C766573','5555555555555555555555555555555555555555555555555555555555555555',12.25);
CREATE TABLE discoveries (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	community_id BIGINT NOT NULL, 
	"key" VARCHAR(128) NOT NULL, 
	name VARCHAR(128) NOT NULL, 
	poll_id BIGINT NOT NULL, 
	found_at DATETIME NOT NULL, 
	member_id BIGINT, 
	owner_id BIGINT, 
	is_favourite BOOLEAN NOT NULL, 
	profile TEXT, 
	family VARCHAR(40), 
	period VARCHAR(40), 
	CONSTRAINT fk_discoveries_poll_id_polls FOREIGN KEY(poll_id) REFERENCES polls (id) ON DELETE CASCADE, 
	CONSTRAINT uq_discoveries_community_id UNIQUE (community_id, "key")
);
INSERT INTO "discoveries" VALUES(1,81,'ödlandosaurus','Ödlandosaurus',7002,'2026-11-25 11:10:00.000000',91,91,0,NULL,NULL,NULL);
INSERT INTO "discoveries" VALUES(2,86,'mangoraptor','Mangoraptor',7004,'2026-11-25 12:00:00.000000',NULL,NULL,0,'{"name":"Mangoraptor","roots":[{"letters":"mango","word":"mangga","meaning":"mango","language":"Malay"},{"letters":"raptor","word":"raptor","meaning":"thief","language":"Latin"}],"family":"small_theropod","is_real":false,"diet":"meat","period":"early_cretaceous","region":"asia","length":4.5,"weight":160.0,"build":"average","temper":"curious","traits":["feathers","large_claws"],"theme":"none","proportions":{"skull":-0.6,"neck":0.46,"trunk":-0.29,"tail":-0.03,"arms":-0.31,"legs":-0.45},"colour":"slate","marking":"sand","pattern":"rings","pose":"running"}','small_theropod','early_cretaceous');
INSERT INTO "discoveries" VALUES(3,86,'mangopelta','Mangopelta',7005,'2026-11-25 12:00:00.000000',91,91,1,'{"name":"Mangopelta","roots":[{"letters":"mango","word":"mangga","meaning":"mango","language":"Malay"},{"letters":"pelta","word":"pelte","meaning":"shield","language":"Greek"}],"family":"ankylosaur","is_real":false,"diet":"plants","period":"early_cretaceous","region":"asia","length":5.3,"weight":2400.0,"build":"stout","temper":"sociable","traits":["spikes"],"theme":"none","proportions":{"skull":0.33,"neck":0.6,"trunk":0.56,"tail":0.04,"arms":0.29,"legs":0.2},"colour":"rust","marking":"teal","pattern":"spots","pose":"standing"}','ankylosaur','early_cretaceous');
CREATE TABLE hidden_collections (
	community_id BIGINT NOT NULL, 
	member_id BIGINT NOT NULL, 
	CONSTRAINT pk_hidden_collections PRIMARY KEY (community_id, member_id)
);
INSERT INTO "hidden_collections" VALUES(86,91);
CREATE TABLE identities (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	platform VARCHAR(20) NOT NULL, 
	kind VARCHAR(20) NOT NULL, 
	workspace VARCHAR(100) NOT NULL, 
	external VARCHAR(200) NOT NULL, 
	CONSTRAINT uq_identities_platform UNIQUE (platform, kind, workspace, external)
);
INSERT INTO "identities" VALUES(4611686018427387904,'slack','user','T1','U1');
INSERT INTO "identities" VALUES(4611686018427387905,'slack','community','T1','T1');
CREATE TABLE moderation (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	community_id BIGINT, 
	moderator_id BIGINT NOT NULL, 
	action VARCHAR(20) NOT NULL, 
	target_id BIGINT, 
	subject VARCHAR(200) NOT NULL, 
	at DATETIME NOT NULL
);
INSERT INTO "moderation" VALUES(1,81,92,'remove name',NULL,'Mangosaurus','2026-11-25 10:40:00.000000');
INSERT INTO "moderation" VALUES(2,81,92,'block',93,'','2026-11-25 12:00:00.000000');
INSERT INTO "moderation" VALUES(3,81,92,'refuse model',NULL,'Elves','2026-11-25 12:00:00.000000');
INSERT INTO "moderation" VALUES(4,81,92,'log',82,'','2026-11-25 12:00:00.000000');
CREATE TABLE "poems" (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	member_id BIGINT NOT NULL, 
	community_id BIGINT, 
	message_id BIGINT NOT NULL, 
	title VARCHAR(256) NOT NULL, 
	text TEXT NOT NULL, 
	kept_at DATETIME NOT NULL, 
	CONSTRAINT uq_poems_member_id UNIQUE (member_id, message_id)
);
INSERT INTO "poems" VALUES(1,91,81,7300,'Shall I','Shall I compare thee
to a summer''s day?','2026-11-25 12:00:00.000000');
INSERT INTO "poems" VALUES(2,4611686018427387904,4611686018427387905,7301,'On Slack','A line','2026-11-25 12:00:00.000000');
CREATE TABLE "polls" (
	id BIGINT NOT NULL, 
	community_id BIGINT NOT NULL, 
	channel_id BIGINT NOT NULL, 
	message_id BIGINT, 
	member_id BIGINT, 
	discoverer VARCHAR(100), 
	note VARCHAR(400) NOT NULL, 
	footer VARCHAR(200) NOT NULL, 
	state VARCHAR(100) NOT NULL, 
	opened_at DATETIME NOT NULL, 
	closes_at DATETIME NOT NULL, 
	closed_at DATETIME, 
	winner INTEGER, 
	winner_votes INTEGER, 
	announced_at DATETIME, 
	custom_model_id INTEGER, 
	custom_model VARCHAR(32), announcement_id BIGINT, votes_needed INTEGER DEFAULT '0' NOT NULL, day VARCHAR(10), 
	CONSTRAINT pk_polls PRIMARY KEY (id), 
	CONSTRAINT fk_polls_custom_model_id_custom_models FOREIGN KEY(custom_model_id) REFERENCES "custom_models" (id) ON DELETE SET NULL
);
INSERT INTO "polls" VALUES(7001,81,82,7101,91,'Ada','','seed 389','2:0:man:::','2026-11-25 11:55:00.000000','2026-11-25 12:05:00.000000',NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL);
INSERT INTO "polls" VALUES(7002,81,82,7102,91,'Ada','','seed 389','2:0:man:::','2026-11-25 11:00:00.000000','2026-11-25 11:10:00.000000','2026-11-25 11:10:00.000000',1,2,'2026-11-25 11:10:00.000000',NULL,NULL,7202,0,NULL);
INSERT INTO "polls" VALUES(7003,81,82,7103,91,'Ada','','seed 389','2:0:man:::','2026-11-25 10:30:00.000000','2026-11-25 10:40:00.000000','2026-11-25 10:40:00.000000',NULL,NULL,NULL,1,'Elves',NULL,0,NULL);
INSERT INTO "polls" VALUES(7004,86,88,7104,NULL,NULL,'','','','2026-11-25 12:00:00.000000','2026-11-25 16:00:00.000000','2026-11-25 12:00:00.000000',1,2,NULL,NULL,NULL,NULL,2,'2026-11-25');
INSERT INTO "polls" VALUES(7005,86,88,7105,91,'Ada','','','','2026-11-25 12:00:00.000000','2026-11-25 16:00:00.000000','2026-11-25 12:00:00.000000',1,2,NULL,NULL,NULL,NULL,2,NULL);
CREATE TABLE refused_models (
	community_id BIGINT NOT NULL, 
	custom_model_id INTEGER NOT NULL, 
	CONSTRAINT pk_refused_models PRIMARY KEY (community_id, custom_model_id), 
	CONSTRAINT fk_refused_models_custom_model_id_custom_models FOREIGN KEY(custom_model_id) REFERENCES custom_models (id) ON DELETE CASCADE
);
INSERT INTO "refused_models" VALUES(81,1);
CREATE TABLE registered_commands (
	application_id BIGINT NOT NULL, 
	digest VARCHAR(64) NOT NULL, 
	CONSTRAINT pk_registered_commands PRIMARY KEY (application_id)
);
INSERT INTO "registered_commands" VALUES(9,'dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd');
CREATE TABLE running_cooldowns (
	"key" BIGINT NOT NULL, 
	until DATETIME NOT NULL, 
	CONSTRAINT pk_running_cooldowns PRIMARY KEY ("key")
);
CREATE TABLE trainings (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	policy VARCHAR(20) NOT NULL, 
	task VARCHAR(40) NOT NULL, 
	recipe VARCHAR(40) NOT NULL, 
	seed BIGINT NOT NULL, 
	minutes INTEGER, 
	force BOOLEAN NOT NULL, 
	custom_model_id INTEGER, 
	version_id INTEGER, 
	community_id BIGINT, 
	member_id BIGINT, 
	channel_id BIGINT, 
	message_id BIGINT, 
	title VARCHAR(200) NOT NULL, 
	corpus BLOB, 
	corpus_is_new BOOLEAN NOT NULL, 
	extra_names BLOB, 
	notes TEXT NOT NULL, 
	state VARCHAR(10) NOT NULL, 
	attempts INTEGER NOT NULL, 
	owner VARCHAR(100), 
	stop_reason TEXT, 
	queued_at DATETIME NOT NULL, 
	started_at DATETIME, 
	beat_at DATETIME, 
	ended_at DATETIME, 
	message TEXT NOT NULL, 
	CONSTRAINT ck_trainings_state CHECK (state IN ('queued', 'running', 'done', 'failed', 'stopped')), 
	CONSTRAINT fk_trainings_custom_model_id_custom_models FOREIGN KEY(custom_model_id) REFERENCES custom_models (id) ON DELETE CASCADE, 
	CONSTRAINT fk_trainings_version_id_versions FOREIGN KEY(version_id) REFERENCES versions (id)
);
INSERT INTO "trainings" VALUES(1,'shared','names','quick',5,NULL,0,NULL,2,81,91,82,7400,'dinosaurs',NULL,0,NULL,'[]','done',1,'one',NULL,'2026-11-25 11:30:00.000000','2026-11-25 11:31:00.000000','2026-11-25 11:31:00.000000','2026-11-25 11:40:00.000000','');
INSERT INTO "trainings" VALUES(2,'custom','names','quick',6,NULL,0,1,NULL,81,91,NULL,NULL,'elves.txt',X'789C73CD29CACF4BE1722C2A4FCD03001C59046C',0,NULL,'["A note."]','queued',0,NULL,NULL,'2026-11-25 11:57:00.000000',NULL,NULL,NULL,'');
INSERT INTO "trainings" VALUES(3,'shared','sonnets','default',7,30,1,NULL,NULL,NULL,NULL,NULL,NULL,'',NULL,0,NULL,'[]','running',1,'one',NULL,'2026-11-25 11:58:00.000000','2026-11-25 11:59:00.000000','2026-11-25 11:59:00.000000',NULL,'');
INSERT INTO "trainings" VALUES(4,'shared','names','quick',8,NULL,0,NULL,NULL,NULL,NULL,NULL,NULL,'',NULL,0,X'789CF34DCC4BCF2F48CD2949040015A10409','[]','queued',0,NULL,NULL,'2026-11-25 12:00:00.000000',NULL,NULL,NULL,'');
INSERT INTO "trainings" VALUES(5,'shared','names','quick',8,NULL,0,NULL,NULL,NULL,NULL,NULL,NULL,'',NULL,0,NULL,'[]','stopped',0,NULL,'Somebody has stopped it.','2026-11-25 12:00:00.000000',NULL,NULL,'2026-11-25 12:00:00.000000','Somebody has stopped it.');
CREATE TABLE unfinished_answers (
	id BIGINT NOT NULL, 
	platform VARCHAR(20) NOT NULL, 
	channel_id BIGINT, 
	message_id BIGINT, 
	token VARCHAR(500), 
	action VARCHAR(40) NOT NULL, 
	state VARCHAR(200) NOT NULL, 
	owner VARCHAR(100) NOT NULL, 
	begun_at DATETIME NOT NULL, 
	beat_at DATETIME NOT NULL, locale VARCHAR(16) DEFAULT '' NOT NULL, 
	CONSTRAINT pk_unfinished_answers PRIMARY KEY (id)
);
INSERT INTO "unfinished_answers" VALUES(66,'discord',82,7500,NULL,'names','3','one','2026-11-25 12:00:00.000000','2026-11-25 12:00:00.000000','');
CREATE TABLE "versions" (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	task VARCHAR(40) NOT NULL, 
	digest VARCHAR(64) NOT NULL, 
	weights BLOB, 
	created_at DATETIME NOT NULL, 
	member_id BIGINT, 
	corpus VARCHAR(200) NOT NULL, 
	corpus_sha256 VARCHAR(64) NOT NULL, 
	recipe VARCHAR(40) NOT NULL, 
	seed BIGINT, 
	validation DOUBLE, 
	reference_loss DOUBLE, 
	baseline_loss DOUBLE, 
	seconds DOUBLE, 
	history TEXT, 
	curve BLOB, 
	samples TEXT NOT NULL
);
INSERT INTO "versions" VALUES(1,'names','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',X'77656967687473','2026-11-25 12:00:00.000000',91,'dinosaurs','cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc','quick',4611686018427387905,1.75,1.5,1.625,41.5,'{"updates": [1]}',X'89504E47','["Mangosaurus", "Ödlandosaurus"]');
INSERT INTO "versions" VALUES(2,'names','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',X'77656967687473','2026-11-25 12:00:00.000000',91,'dinosaurs','cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc','quick',4611686018427387905,1.75,1.5,1.625,41.5,'{"updates": [1]}',X'89504E47','["Mangosaurus", "Ödlandosaurus"]');
CREATE TABLE votes (
	poll_id BIGINT NOT NULL, 
	member_id BIGINT NOT NULL, 
	position INTEGER NOT NULL, 
	voted_at DATETIME NOT NULL, 
	CONSTRAINT pk_votes PRIMARY KEY (poll_id, member_id), 
	CONSTRAINT fk_votes_candidates FOREIGN KEY(poll_id, position) REFERENCES candidates (poll_id, position) ON DELETE CASCADE
);
INSERT INTO "votes" VALUES(7001,91,0,'2026-11-25 11:56:00.000000');
INSERT INTO "votes" VALUES(7001,92,1,'2026-11-25 11:57:00.000000');
INSERT INTO "votes" VALUES(7002,91,1,'2026-11-25 11:05:00.000000');
INSERT INTO "votes" VALUES(7002,92,1,'2026-11-25 11:05:00.000000');
INSERT INTO "votes" VALUES(7002,93,0,'2026-11-25 11:05:00.000000');
INSERT INTO "votes" VALUES(7004,92,1,'2026-11-25 12:00:00.000000');
INSERT INTO "votes" VALUES(7004,93,1,'2026-11-25 12:00:00.000000');
INSERT INTO "votes" VALUES(7005,92,1,'2026-11-25 12:00:00.000000');
INSERT INTO "votes" VALUES(7005,93,1,'2026-11-25 12:00:00.000000');
CREATE TABLE winner_answers (
	channel_id BIGINT NOT NULL, 
	message_id BIGINT NOT NULL, 
	poll_id BIGINT NOT NULL, 
	community_id BIGINT NOT NULL, 
	is_outdated BOOLEAN NOT NULL, 
	CONSTRAINT pk_winner_answers PRIMARY KEY (channel_id, message_id, poll_id), 
	CONSTRAINT fk_winner_answers_poll_id_polls FOREIGN KEY(poll_id) REFERENCES polls (id) ON DELETE CASCADE
);
INSERT INTO "winner_answers" VALUES(88,7106,7005,86,0);
CREATE INDEX ix_votes_member_id ON votes (member_id);
CREATE INDEX ix_custom_models_member_id ON "custom_models" (member_id);
CREATE INDEX ix_polls_community_id_closed_at ON "polls" (community_id, closed_at);
CREATE INDEX ix_polls_closed_at_closes_at ON "polls" (closed_at, closes_at);
CREATE INDEX ix_polls_member_id ON "polls" (member_id);
CREATE INDEX ix_polls_custom_model_id ON "polls" (custom_model_id);
CREATE INDEX ix_poems_community_id ON poems (community_id);
CREATE INDEX ix_poems_member_id ON poems (member_id);
CREATE INDEX ix_versions_task ON versions (task);
CREATE INDEX ix_versions_member_id ON versions (member_id);
CREATE INDEX ix_activations_task ON activations (task);
CREATE INDEX ix_activations_member_id ON activations (member_id);
CREATE INDEX ix_trainings_community_id ON trainings (community_id);
CREATE INDEX ix_trainings_custom_model_id ON trainings (custom_model_id);
CREATE INDEX ix_trainings_member_id ON trainings (member_id);
CREATE INDEX ix_trainings_state ON trainings (state);
CREATE INDEX ix_button_states_community_id ON button_states (community_id);
CREATE INDEX ix_button_states_created_at ON button_states (created_at);
CREATE INDEX ix_button_states_member_id ON button_states (member_id);
CREATE INDEX ix_blocks_member_id ON blocks (member_id);
CREATE INDEX ix_blocks_moderator_id ON blocks (moderator_id);
CREATE INDEX ix_moderation_at ON moderation (at);
CREATE INDEX ix_moderation_community_id ON moderation (community_id);
CREATE INDEX ix_moderation_moderator_id ON moderation (moderator_id);
CREATE INDEX ix_moderation_target_id ON moderation (target_id);
CREATE INDEX ix_refused_models_custom_model_id ON refused_models (custom_model_id);
CREATE INDEX ix_unfinished_answers_owner ON unfinished_answers (owner);
CREATE INDEX ix_winner_answers_poll_id ON winner_answers (poll_id);
CREATE INDEX ix_winner_answers_community_id ON winner_answers (community_id);
CREATE INDEX ix_winner_answers_is_outdated_channel_id ON winner_answers (is_outdated, channel_id);
CREATE INDEX ix_polls_winner_closed_at ON polls (winner, closed_at);
CREATE INDEX ix_candidates_name ON candidates (name);
CREATE INDEX ix_discoveries_poll_id ON discoveries (poll_id);
CREATE INDEX ix_discoveries_member_id ON discoveries (member_id);
CREATE INDEX ix_discoveries_owner_id ON discoveries (owner_id);
CREATE INDEX ix_discoveries_community_id_found_at ON discoveries (community_id, found_at);
CREATE INDEX ix_hidden_collections_member_id ON hidden_collections (member_id);
CREATE UNIQUE INDEX ix_polls_community_id_day ON polls (community_id, day);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('custom_models',2);
INSERT INTO "sqlite_sequence" VALUES('poems',2);
INSERT INTO "sqlite_sequence" VALUES('versions',2);
INSERT INTO "sqlite_sequence" VALUES('activations',3);
INSERT INTO "sqlite_sequence" VALUES('trainings',5);
INSERT INTO "sqlite_sequence" VALUES('identities',4611686018427387906);
INSERT INTO "sqlite_sequence" VALUES('moderation',4);
INSERT INTO "sqlite_sequence" VALUES('blocks',1);
INSERT INTO "sqlite_sequence" VALUES('discoveries',3);
COMMIT;
