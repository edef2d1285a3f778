//! What the kubelet makes of a pod, with processes in the place of containers: the volumes with their
//! owner and modes, the commands, and what the processes may not do.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::bitcoind;
use crate::support::child::Background;
use crate::support::redis;
use crate::support::surroundings::program;

/// Starts a container: `PROGRAM` is at `BIN`, nothing but `POD` can be written to, the volumes in
/// `READ_ONLY` not either, and the process has the user of the pod and no capability but those of
/// `$@`. The process of the shell becomes the container's.
const CONTAINER: &str = r#"
mount --make-rprivate /
mount --bind "$POD" "$POD"
if [ -n "$PROGRAM" ]; then mount --bind "$PROGRAM" "$BIN"; fi
for volume in $READ_ONLY; do mount --bind "$volume" "$volume"; mount -o remount,bind,ro "$volume"; done
mount -o remount,bind,ro /
exec setpriv --no-new-privs --clear-groups "$@"
"#;

/// A pod whose containers are processes. Its files are gone when it is dropped.
pub(super) struct Pod {
    pub(super) spec: Value,
    directory: TempDir,
    /// What is written in another way here: addresses of other pods.
    replaced: Vec<(String, String)>,
}

impl Pod {
    /// The pod of a workload in `objects`. Its configuration maps are among them; `secrets` are the
    /// keys of all its secrets. `None` where this machine has no mounts of a test's own.
    pub(super) fn of(
        objects: &[Value],
        workload: &Value,
        secrets: &[(&str, &str)],
        replaced: &[(&str, &str)],
    ) -> Option<Self> {
        program("UNSHARE", "unshare").and(program("SETPRIV", "setpriv"))?;
        let directory = tempfile::Builder::new().prefix("pod-").tempdir().ok()?;
        // The user of the pod has to get in.
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).ok()?;
        let pod = Self {
            spec: workload["spec"]["template"]["spec"].clone(),
            directory,
            replaced: replaced
                .iter()
                .map(|(from, to)| ((*from).to_owned(), (*to).to_owned()))
                .collect(),
        };
        fs::create_dir(pod.path("bin")).ok()?;
        fs::write(pod.path("bin/bllvmctl"), "").ok()?;
        for container in pod.containers() {
            for mount in container["volumeMounts"].as_array().into_iter().flatten() {
                pod.make_volume(objects, &text(&mount["name"]), mount, secrets)?;
            }
        }
        Some(pod)
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn containers(&self) -> impl Iterator<Item = &Value> {
        let lists = [&self.spec["initContainers"], &self.spec["containers"]];
        lists.into_iter().filter_map(Value::as_array).flatten()
    }

    pub(super) fn container(&self, name: &str) -> &Value {
        let mut containers = self.containers();
        let found = containers.find(|container| container["name"] == name);
        found.unwrap_or_else(|| panic!("no container {name}"))
    }

    /// Where a volume is on this machine.
    pub(super) fn volume(&self, mount: &Value) -> PathBuf {
        let volume = self.path(&text(&mount["name"]));
        match mount["subPath"].as_str() {
            Some(part) => volume.join(part),
            None => volume,
        }
    }

    fn make_volume(
        &self,
        objects: &[Value],
        name: &str,
        mount: &Value,
        secrets: &[(&str, &str)],
    ) -> Option<()> {
        let path = self.volume(mount);
        if path.exists() {
            return Some(());
        }
        fs::create_dir_all(&path).ok()?;
        let group = self.spec["securityContext"]["fsGroup"].as_u64()?;
        let group = u32::try_from(group).ok()?;
        let volumes = self.spec["volumes"].as_array()?;
        let source = volumes.iter().find(|volume| volume["name"] == name);
        if let Some(config) = source.and_then(|volume| volume["configMap"]["name"].as_str()) {
            let is_it = |object: &&Value| {
                object["kind"] == "ConfigMap" && object["metadata"]["name"] == config
            };
            let data = objects.iter().find(is_it)?["data"].as_object()?;
            let files: Vec<_> = data
                .iter()
                .map(|(key, value)| (key.as_str(), self.here(&text(value))))
                .collect();
            write_atomically(&path, &files, 0o644, group);
        } else if let Some(items) = source.and_then(|volume| volume["secret"]["items"].as_array()) {
            let wanted = |key: &str| items.iter().any(|item| item["key"] == key);
            let files: Vec<_> = secrets
                .iter()
                .filter(|(key, _)| wanted(key))
                .map(|(key, value)| (*key, (*value).to_owned()))
                .collect();
            assert_eq!(files.len(), items.len(), "{items:?}");
            write_atomically(&path, &files, 0o440, group);
        } else {
            // As `fsGroup` has it.
            chown(&path, Some(0), Some(group)).ok()?;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o2775)).ok()?;
        }
        Some(())
    }

    /// The same text with the paths of volumes and the addresses that are in force here.
    pub(super) fn here(&self, text: &str) -> String {
        let mut mounts: Vec<_> = self
            .containers()
            .filter_map(|container| container["volumeMounts"].as_array())
            .flatten()
            .filter_map(|mount| Some((mount["mountPath"].as_str()?, self.volume(mount))))
            .collect();
        // The longer one first: one may begin with another.
        mounts.sort_by_key(|(path, _)| std::cmp::Reverse(path.len()));
        let mut text = text.to_owned();
        for (path, here) in mounts {
            // Not within a path that was put there already.
            for before in ["\"", "=", "^"] {
                let is_start = before == "^";
                if is_start && text.starts_with(path) {
                    text = text.replacen(path, here.to_str().expect("UTF-8"), 1);
                } else if !is_start {
                    let to = format!("{before}{}", here.display());
                    text = text.replace(&format!("{before}{path}"), &to);
                }
            }
        }
        for (from, to) in &self.replaced {
            text = text.replace(from, to);
        }
        text
    }

    /// Starts a container as its process.
    #[track_caller]
    pub(super) fn start(&self, name: &str) -> Background {
        let container = self.container(name);
        let security = &container["securityContext"];
        assert_eq!(security["readOnlyRootFilesystem"], true, "{name}");
        let is_bllvmctl = name == "bllvmctl";
        let mut words = self.words(container, is_bllvmctl);
        let user = self.spec["securityContext"]["runAsUser"].to_string();
        let group = self.spec["securityContext"]["runAsGroup"].to_string();
        let mut limits = vec![format!("--reuid={user}"), format!("--regid={group}")];
        if is_bllvmctl {
            limits.extend(["--bounding-set=-all", "--inh-caps=-all"].map(str::to_owned));
        } else {
            // The files of the node may be in a directory of root's.
            let one = [
                "--bounding-set=-all,+dac_read_search",
                "--inh-caps=+dac_read_search",
            ];
            limits.extend(one.map(str::to_owned));
            limits.push("--ambient-caps=+dac_read_search".to_owned());
        }
        limits.append(&mut words);
        let mounts = container["volumeMounts"].as_array();
        let read_only = mounts
            .into_iter()
            .flatten()
            .filter(|mount| mount["readOnly"] == true);
        let read_only: Vec<_> = read_only
            .map(|mount| self.volume(mount).display().to_string())
            .collect();
        let mut command = Command::new("unshare");
        command
            .args(["--mount", "sh", "-ec", CONTAINER, "sh"])
            .args(limits)
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .env("POD", self.directory.path())
            .env("READ_ONLY", read_only.join(" "))
            .current_dir("/");
        if is_bllvmctl {
            command
                .env("PROGRAM", env!("CARGO_BIN_EXE_bllvmctl"))
                .env("BIN", self.path("bin/bllvmctl"));
        }
        for variable in container["env"].as_array().into_iter().flatten() {
            command.env(text(&variable["name"]), text(&variable["value"]));
        }
        Background::start(command, &self.path(&format!("{name}.log")))
    }

    /// The command line of a container; that of bllvmctl's image is the program.
    fn words(&self, container: &Value, is_bllvmctl: bool) -> Vec<String> {
        let list = |key: &str| container[key].as_array().cloned().unwrap_or_default();
        let command: Vec<_> = list("command").iter().map(text).collect();
        let program = match command.first().map(String::as_str) {
            None if is_bllvmctl => self.path("bin/bllvmctl"),
            Some("bitcoind") => bitcoind::executable().expect("a bitcoind"),
            Some("redis-server") => redis::executable().expect("a redis-server"),
            other => panic!("a container with the command {other:?}"),
        };
        let arguments = list("args");
        let arguments = arguments.iter().map(|word| self.here(&text(word)));
        [program.display().to_string()]
            .into_iter()
            .chain(arguments)
            .collect()
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Writes files as the kubelet does: into a directory of this version, to which `..data` is pointed by
/// a rename; each file is a link through it.
pub(super) fn write_atomically(volume: &Path, files: &[(&str, String)], mode: u32, group: u32) {
    let version = tempfile::Builder::new()
        .prefix("..")
        .tempdir_in(volume)
        .expect("a directory")
        .keep();
    fs::set_permissions(&version, fs::Permissions::from_mode(0o755)).expect("a mode");
    for (name, content) in files {
        let file = version.join(name);
        fs::write(&file, content).expect("a file");
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).expect("a mode");
        // A user of its own is only root's to give.
        let _ = chown(&file, Some(0), Some(group));
        let link = volume.join(name);
        if !link.is_symlink() {
            symlink(Path::new("..data").join(name), link).expect("a link");
        }
    }
    let before = fs::read_link(volume.join("..data")).ok();
    symlink(
        version.file_name().expect("a name"),
        volume.join("..data_tmp"),
    )
    .expect("a link");
    fs::rename(volume.join("..data_tmp"), volume.join("..data")).expect("the swap");
    if let Some(before) = before {
        fs::remove_dir_all(volume.join(before)).expect("the version before is removed");
    }
}
