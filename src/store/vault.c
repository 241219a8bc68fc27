#include "store/vault.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define DATA_KEY_SETTING STR("data_key")
#define DATA_KEY_PURPOSE STR("refmill data key")

enum {
    SEALED_KEY_LEN = SEAL_KEY_LEN + SEAL_EXTRA_LEN,
    KEY_TEXT_LEN = sodium_base64_ENCODED_LEN(SEAL_KEY_LEN, sodium_base64_VARIANT_ORIGINAL), /* with its NUL */
    MAX_PATH_LEN = 4096,
};

typedef struct KeyPath {
    char text[MAX_PATH_LEN];
} KeyPath;

/* ---- the master key ---------------------------------------------------- */

static bool parse_key(Str text, SealKey *out_key)
{
    size_t len = 0;
    text = str_trim(text);
    return sodium_base642bin(out_key->bytes, sizeof out_key->bytes, text.ptr, text.len, NULL, &len, NULL,
                             sodium_base64_VARIANT_ORIGINAL) == 0 &&
           len == SEAL_KEY_LEN;
}

/* `ending` is that of a key that is about to take its place. */
static KeyPath path_of(const MasterKeyPlace *place, const char *ending)
{
    KeyPath path;
    snprintf(path.text, sizeof path.text, "%.*s%s", STR_ARG(place->file), ending);
    return path;
}

static Status read_key_file(const char *path, SealKey *out_key, Error *err)
{
    char text[256];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return STATUS_NOT_FOUND;
    ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof text);
    if (fd >= 0)
        close(fd);
    if (len < 0)
        return error_set(err, STATUS_DENIED, "key-file", "The master key's file %s can't be read: %s.", path,
                         strerror(errno));
    bool is_key = parse_key((Str){ text, (size_t)len }, out_key);
    sodium_memzero(text, sizeof text);
    return is_key ? STATUS_OK
                  : error_set(err, STATUS_DENIED, "key-file", "%s holds no master key: 32 bytes as base64 are needed.",
                              path);
}

/* A name in a folder lasts only once the folder is written. */
static bool sync_folder_of(const char *path)
{
    KeyPath folder;
    snprintf(folder.text, sizeof folder.text, "%s", path);
    char *slash = strrchr(folder.text, '/');
    if (slash)
        slash[slash == folder.text] = 0;
    int fd = open(slash ? folder.text : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool done = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return done;
}

static Status write_key_file(const char *path, const SealKey *key, Error *err)
{
    char text[KEY_TEXT_LEN];
    sodium_bin2base64(text, sizeof text, key->bytes, sizeof key->bytes, sodium_base64_VARIANT_ORIGINAL);
    text[KEY_TEXT_LEN - 1] = '\n';
    unlink(path); /* of a change that was interrupted */
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    bool done = fd >= 0 && write(fd, text, sizeof text) == (ssize_t)sizeof text && fsync(fd) == 0;
    int why = errno;
    if (fd >= 0)
        close(fd);
    sodium_memzero(text, sizeof text);
    if (done && sync_folder_of(path))
        return STATUS_OK;
    return error_set(err, STATUS_DENIED, "key-file", "The master key's file %s can't be written: %s.", path,
                     strerror(done ? errno : why));
}

static Status read_master_key(const MasterKeyPlace *place, SealKey *out_key, Error *err)
{
    if (place->text.ptr == NULL)
        return read_key_file(path_of(place, "").text, out_key, err);
    return parse_key(place->text, out_key)
               ? STATUS_OK
               : error_set(err, STATUS_DENIED, "key", "REFMILL_KEY is no master key: 32 bytes as base64 are needed.");
}

/* ---- the data key ------------------------------------------------------ */

static Status read_sealed_key(StoreSession *session, uint8_t out_sealed[SEALED_KEY_LEN])
{
    SqlRows *rows;
    Status status =
        sql_query(session->sql, "SELECT value FROM setting WHERE name = $1", &rows, sql_text(DATA_KEY_SETTING));
    bool found = sql_next(rows);
    if (found) {
        Str value = sql_column_bytes(rows, 0);
        memcpy(out_sealed, value.ptr, size_min(value.len, SEALED_KEY_LEN)); /* one of another length won't open */
    }
    Status end = sql_done(rows);
    return status ? status : end ? end : found ? STATUS_OK : STATUS_NOT_FOUND;
}

static Status write_sealed_key(StoreSession *session, const SealKey *master, const SealKey *key)
{
    uint8_t sealed[SEALED_KEY_LEN];
    seal(master, DATA_KEY_PURPOSE, (Str){ (const char *)key->bytes, sizeof key->bytes }, sealed);
    return sql_exec(session->sql,
                    "INSERT INTO setting (name, value) VALUES ($1, $2) "
                    "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                    sql_text(DATA_KEY_SETTING), sql_blob((Str){ (const char *)sealed, sizeof sealed }));
}

static bool opens(const SealKey *master, const uint8_t sealed[SEALED_KEY_LEN], SealKey *out_key)
{
    return seal_open(master, DATA_KEY_PURPOSE, (Str){ (const char *)sealed, SEALED_KEY_LEN }, out_key->bytes);
}

static Status found_vault(StoreSession *session, const MasterKeyPlace *place, SealKey *out_key, Error *err)
{
    SealKey master;
    Status status = read_master_key(place, &master, err);
    if (status == STATUS_NOT_FOUND) {
        master = seal_key_new();
        status = write_key_file(path_of(place, "").text, &master, err);
    }
    *out_key = seal_key_new();
    return status ? status : write_sealed_key(session, &master, out_key);
}

/* The row was sealed anew, and then the file's name was not changed any more. */
static bool finish_rekey(const MasterKeyPlace *place, const uint8_t sealed[SEALED_KEY_LEN], SealKey *out_key)
{
    SealKey master;
    KeyPath next = path_of(place, ".new"), path = path_of(place, "");
    return place->text.ptr == NULL && read_key_file(next.text, &master, NULL) == STATUS_OK &&
           opens(&master, sealed, out_key) && rename(next.text, path.text) == 0 && sync_folder_of(path.text);
}

static Status explain_lock(const MasterKeyPlace *place, Status status, Error *err)
{
    if (place->text.ptr)
        return error_set(err, STATUS_DENIED, "key", "REFMILL_KEY is not the master key of this database.");
    const char *why = status == STATUS_NOT_FOUND ? "is missing" : "is not the master key of this database";
    return error_set(err, STATUS_DENIED, "key-file",
                     "%s %s: put the file that belongs to it there, or name it by --key-file.",
                     path_of(place, "").text, why);
}

Status vault_unlock(StoreSession *session, const MasterKeyPlace *place, SealKey *out_key, Error *err)
{
    uint8_t sealed[SEALED_KEY_LEN] = { 0 };
    SealKey master;
    Status status = read_sealed_key(session, sealed);
    if (status == STATUS_NOT_FOUND)
        return found_vault(session, place, out_key, err);
    if (status)
        return status;
    status = read_master_key(place, &master, err);
    if ((status && status != STATUS_NOT_FOUND) || (!status && opens(&master, sealed, out_key)))
        return status;
    return finish_rekey(place, sealed, out_key) ? STATUS_OK : explain_lock(place, status, err);
}

Status vault_rekey(StoreSession *session, const MasterKeyPlace *from, const MasterKeyPlace *to, Error *err)
{
    SealKey key, master = seal_key_new();
    Status status = vault_unlock(session, from, &key, err);
    if (!status)
        status = write_key_file(path_of(to, ".new").text, &master, err);
    return status ? status : write_sealed_key(session, &master, &key);
}

/* ---- secrets ----------------------------------------------------------- */

typedef struct Purpose {
    char text[48];
} Purpose;

static Purpose purpose_of(int64_t account_id)
{
    Purpose purpose;
    snprintf(purpose.text, sizeof purpose.text, "webhook of %lld", (long long)account_id);
    return purpose;
}

void vault_seal(const StoreSession *session, int64_t account_id, Str plain, void *out)
{
    seal(&session->data_key, str_of(purpose_of(account_id).text), plain, out);
}

Str vault_open(const StoreSession *session, int64_t account_id, Str sealed, Arena *arena)
{
    char *plain = sealed.len >= SEAL_EXTRA_LEN ? arena_alloc(arena, sealed.len) : NULL;
    bool is_open = plain && seal_open(&session->data_key, str_of(purpose_of(account_id).text), sealed, plain);
    return is_open ? (Str){ plain, sealed.len - SEAL_EXTRA_LEN } : STR_NONE;
}
