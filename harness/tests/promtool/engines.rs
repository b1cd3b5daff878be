//! Every engine on the rules of this repository, with every promtool that is here.

use super::support::generations::{Tool, promtools};
use super::support::{Ended, Workspace};
use super::{project, with_promtool};

/// Copies of the rules and of their tests.
fn workspace() -> Workspace {
    let workspace = Workspace::new();
    for name in ["rules/export.yml", "rules/export.test.yml"] {
        workspace.write(name, &std::fs::read_to_string(project(name)).unwrap());
    }
    workspace
}

fn run(workspace: &Workspace, tool: &Tool, arguments: &[&str]) -> Ended {
    Ended::from(with_promtool(workspace, Some(&tool.program), arguments).output().unwrap())
}

#[test]
fn every_engine_tests_and_checks_the_rules_of_this_repository() {
    for tool in promtools() {
        let workspace = workspace();
        let promtool = format!("(promtool {})", tool.version);
        for (engine, [has_built_in, has_promtool]) in [
            ("auto", [true, true]),
            ("built-in", [true, false]),
            ("promtool", [false, true]),
            ("both", [true, true]),
        ] {
            let test = ["rules", "test", "rules/*.yml", "--engine", engine];
            let tested = run(&workspace, &tool, &test).expect_code(0);
            let check = ["rules", "check", "rules/export.yml", "--engine", engine, "--lint-fatal"];
            let checked = run(&workspace, &tool, &check).expect_code(0);
            for ended in [tested, checked] {
                assert_eq!(ended.stdout.contains("(built-in)"), has_built_in, "{engine} {ended:?}");
                assert_eq!(ended.stdout.contains(&promtool), has_promtool, "{engine} {ended:?}");
                assert!(ended.stdout.contains("syntax of 7 rules"), "{engine} {ended:?}");
                assert_eq!(ended.stderr, "", "{engine}");
            }
        }
    }
}

#[test]
fn a_wrong_expectation_fails_in_every_engine_and_the_engines_agree() {
    for tool in promtools() {
        let workspace = workspace();
        let tests = std::fs::read_to_string(project("rules/export.test.yml")).unwrap();
        let wrong = tests.replacen("exp_alerts: []", "exp_alerts: [{}]", 1);
        workspace.write("rules/export.test.yml", &wrong);
        for engine in ["built-in", "promtool", "both"] {
            let test = ["rules", "test", "rules/export.test.yml", "--engine", engine];
            let ended = run(&workspace, &tool, &test).expect_code(1);
            assert!(!ended.stdout.contains("both engines agree"), "{ended:?}");
        }
    }
}

#[test]
fn every_promtool_warns_of_rules_that_make_the_same_series_as_the_built_in_engine_does() {
    for tool in promtools() {
        let workspace = Workspace::new();
        let twice = "groups: [{name: g, rules: [{record: x, expr: a}, {record: x, expr: b}]}]\n";
        workspace.write("twice.yml", twice);
        let check = ["rules", "check", "twice.yml", "--engine", "both"];
        let ended = run(&workspace, &tool, &check).expect_code(0);
        assert!(ended.stderr.contains("warning[duplicate-rule]: twice.yml:1:"), "{ended:?}");
        let theirs = format!("warning[promtool-finding]: promtool {}: ", tool.version);
        assert!(ended.stderr.contains(&theirs), "{ended:?}");
        assert!(ended.stderr.contains("duplicate rule(s) found"), "{ended:?}");
        run(&workspace, &tool, &[&check[..], &["--lint-fatal"]].concat()).expect_code(1);
    }
}
