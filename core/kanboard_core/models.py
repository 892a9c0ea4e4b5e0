"""The tables that the core owns: what authentication and authorization read.

Columns stand in the order they have on SQLite, which is the order of keys on the wire. There are no defaults: those are
the database's. References are plain integers, because statements name columns and some of Kanboard's references aren't
foreign keys (0 stands for "none"). Times are Unix seconds, flags 0 or 1. See spec: storage.
"""

from __future__ import annotations

from peewee import SQL, AutoField, BooleanField, Case, IntegerField, TextField

from kanboard_core.database.model import Model, default_lost, only_on_sqlite


class User(Model):
    """An account."""

    id = AutoField()
    username = TextField()
    #: bcrypt; NULL: no password of its own
    password = TextField(null=True)
    # 1: the first administrator of all
    is_admin = only_on_sqlite(IntegerField(null=True), lambda users: Case(None, ((users.id == 1, 1),), 0))
    #: the account belongs to a directory (of whatever kind) and has no password here
    is_ldap_user = BooleanField(null=True)
    name = TextField(null=True)
    email = TextField(null=True)
    google_id = TextField(null=True)
    github_id = TextField(null=True)
    notifications_enabled = BooleanField(null=True)
    timezone = TextField(null=True)
    language = TextField(null=True)
    #: the password is refused
    disable_login_form = BooleanField(null=True)
    #: a second factor is asked for; through the API only the personal token is accepted
    twofactor_activated = BooleanField(null=True)
    twofactor_secret = TextField(null=True)
    #: of the account's public feeds; empty: off
    token = TextField(null=True)
    #: 1 all tasks, 2 assigned to, 3 created by, 4 assigned to or created by the user
    notifications_filter = IntegerField(null=True)
    #: failures in a row
    nb_failed_login = IntegerField(null=True)
    #: locked until then
    lock_expiration_date = default_lost(IntegerField(null=True), 0, shown=True)
    is_project_admin = only_on_sqlite(IntegerField(null=True), lambda _: SQL("0"))  # unused
    gitlab_id = IntegerField(null=True)
    #: app-admin, app-manager or app-user
    role = TextField()
    is_active = BooleanField(null=True)
    #: a key in the file area; NULL or empty: none
    avatar_path = TextField(null=True)
    #: the personal token; NULL: none
    api_access_token = TextField(null=True)
    #: what the board shows at first; NULL: status:open
    filter = TextField(null=True)  # type: ignore[assignment]  # takes the place of a shortcut of peewee
    #: light, dark or auto
    theme = TextField()

    class Meta:
        table_name = "users"


class LastLogin(Model):
    """A successful authentication; the ten newest of each account are kept."""

    id = AutoField()
    #: what vouched for the user, such as Database or API Access Token
    auth_type = TextField(null=True)
    user_id = IntegerField()
    ip = TextField(null=True)
    user_agent = TextField(null=True)
    date_creation = IntegerField(null=True)

    class Meta:
        table_name = "last_logins"


class RememberMe(Model):
    """A long-term login of the web interface."""

    id = AutoField()
    user_id = IntegerField()
    ip = TextField(null=True)
    user_agent = TextField(null=True)
    token = TextField(null=True)
    sequence = TextField(null=True)
    expiration = IntegerField(null=True)
    date_creation = IntegerField(null=True)

    class Meta:
        table_name = "remember_me"


class Session(Model):
    """A session of the web interface."""

    id = TextField(primary_key=True)
    expire_at = IntegerField()
    #: an array in PHP's serialisation format
    data = TextField(null=True)

    class Meta:
        table_name = "sessions"


class Group(Model):
    """A group of accounts."""

    id = AutoField()
    #: its name in a directory; empty: none
    external_id = TextField(null=True)
    name = TextField()

    class Meta:
        table_name = "groups"


class GroupMember(Model):
    """An account is in a group. The table has no primary key, the pair is unique."""

    group_id = IntegerField()
    user_id = IntegerField()

    class Meta:
        table_name = "group_has_users"
        primary_key = False


class Project(Model):
    """A project."""

    id = AutoField()
    name = TextField()
    #: 0: closed
    is_active = BooleanField(null=True)
    #: of its public pages; empty: off
    token = TextField(null=True)
    #: open boards are drawn anew when it moves on
    last_modified = default_lost(IntegerField(null=True), 0)
    is_public = BooleanField(null=True)
    #: the personal project of one user
    is_private = BooleanField(null=True)
    is_everybody_allowed = only_on_sqlite(IntegerField(null=True), lambda _: SQL("0"))  # unused
    default_swimlane = only_on_sqlite(TextField(null=True), lambda _: SQL("'Default swimlane'"))  # unused
    show_default_swimlane = only_on_sqlite(IntegerField(null=True), lambda _: SQL("1"))  # unused
    description = TextField(null=True)
    #: capital letters and digits; empty: none
    identifier = TextField(null=True)
    #: YYYY-MM-DD; empty: none
    start_date = TextField(null=True)
    end_date = TextField(null=True)
    #: an account; 0: none
    owner_id = IntegerField(null=True)
    priority_default = IntegerField(null=True)
    priority_start = IntegerField(null=True)
    priority_end = IntegerField(null=True)
    #: address for incoming mail
    email = TextField(null=True)
    #: a line each
    predefined_email_subjects = TextField(null=True)
    #: limits of columns count within each swimlane
    per_swimlane_task_limits = BooleanField()
    #: of open tasks; 0: none
    task_limit = IntegerField(null=True)
    #: tags of no project can be used
    enable_global_tags = BooleanField()

    class Meta:
        table_name = "projects"


class ProjectUser(Model):
    """An account has a role in a project. The table has no primary key, the pair is unique."""

    project_id = IntegerField()
    user_id = IntegerField()
    is_owner = only_on_sqlite(IntegerField(null=True), lambda _: SQL("0"))  # unused
    #: project-manager, project-member, project-viewer or the name of one of the project's own roles
    role = default_lost(TextField(), "project-viewer")

    class Meta:
        table_name = "project_has_users"
        primary_key = False


class ProjectGroup(Model):
    """A group's accounts have a role in a project. The table has no primary key, the pair is unique."""

    group_id = IntegerField()
    project_id = IntegerField()
    role = TextField()

    class Meta:
        table_name = "project_has_groups"
        primary_key = False


class ProjectRole(Model):
    """A role that a project has of its own."""

    role_id = AutoField()
    #: its name, unique in the project
    role = TextField()
    project_id = IntegerField()

    class Meta:
        table_name = "project_has_roles"


class Setting(Model):
    """A setting of the application. Values are text, also numbers and switches ("0", "1")."""

    option = TextField(primary_key=True)
    #: empty: the built-in default
    value = TextField(null=True)
    #: an account; 0: the application token or the command line
    changed_by = IntegerField()
    changed_on = IntegerField()

    class Meta:
        table_name = "settings"


class PluginSchemaVersion(Model):
    """The version that the tables of a plugin have."""

    #: Kanboard's plugins in lower case; those of this server begin with kanboard-server:
    plugin = TextField(primary_key=True)
    version = IntegerField()

    class Meta:
        table_name = "plugin_schema_versions"
