//! A person's name.

use super::{Sex, names_kyrgyz, names_russian};
use rand::Rng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;

/// A name in Cyrillic letters, Kyrgyz or Russian.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// the surname, in the form of the person's sex; `Асан уулу` and `Асан кызы` (son, daughter of Asan) stand here
    pub surname: String,
    /// the given name
    pub given: String,
    /// the patronymic; people named after their father in the surname, and a few others, have none
    pub patronymic: Option<String>,
}

impl Name {
    /// A random name for a person of this sex: 73 of 100 are Kyrgyz, the others Russian.
    pub(super) fn random(generator: &mut ChaCha8Rng, sex: Sex) -> Name {
        if generator.random_range(0..100_u32) < 73 {
            kyrgyz(generator, sex)
        } else {
            russian(generator, sex)
        }
    }
}

impl std::fmt::Display for Name {
    /// Surname, given name and patronymic, as the roll has them.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.surname, self.given)?;
        self.patronymic
            .iter()
            .try_for_each(|patronymic| write!(f, " {patronymic}"))
    }
}

fn kyrgyz(generator: &mut ChaCha8Rng, sex: Sex) -> Name {
    let given = match sex {
        Sex::Male => pick(generator, names_kyrgyz::MEN),
        Sex::Female => pick(generator, names_kyrgyz::WOMEN),
    };
    let father = pick(generator, names_kyrgyz::MEN);
    let surname = surname_of(pick(generator, names_kyrgyz::SURNAMES), sex);
    let (surname, patronymic) = match (generator.random_range(0..100_u32), sex) {
        (0..10, Sex::Male) => (format!("{father} уулу"), None),
        (0..10, Sex::Female) => (format!("{father} кызы"), None),
        (10..17, _) => (surname, None),
        _ => (surname, Some(patronymic_of(father, sex))),
    };
    Name {
        surname,
        given: given.to_owned(),
        patronymic,
    }
}

fn russian(generator: &mut ChaCha8Rng, sex: Sex) -> Name {
    let given = match sex {
        Sex::Male => pick(generator, names_russian::MEN).0,
        Sex::Female => pick(generator, names_russian::WOMEN),
    };
    let (_, stem) = pick(generator, names_russian::MEN);
    Name {
        surname: surname_of(pick(generator, names_russian::SURNAMES), sex),
        given: given.to_owned(),
        patronymic: Some(match sex {
            Sex::Male => format!("{stem}ич"),
            Sex::Female => format!("{stem}на"),
        }),
    }
}

/// The form of a surname for this sex: `Асанов` becomes `Асанова`; `Ким` and `Шевченко` stay.
fn surname_of(surname: &str, sex: Sex) -> String {
    let bends = ["ов", "ев", "ёв", "ин"].iter().any(|ending| surname.ends_with(ending));
    match sex {
        Sex::Female if bends => format!("{surname}а"),
        Sex::Female | Sex::Male => surname.to_owned(),
    }
}

/// The patronymic of a Kyrgyz father's name, in the Russian form that documents have: `Асан` gives `Асанович` and
/// `Асановна`, `Атай` gives `Атаевич` and `Атаевна`.
fn patronymic_of(father: &str, sex: Sex) -> String {
    let stem = match father.strip_suffix('й') {
        Some(start) => format!("{start}ев"),
        // after a hissing sound, е is written for о
        None if father.ends_with(['ш', 'ч', 'ж']) => format!("{father}ев"),
        None => match father.strip_suffix('и') {
            Some(start) => format!("{start}иев"),
            None => format!("{father}ов"),
        },
    };
    match sex {
        Sex::Male => format!("{stem}ич"),
        Sex::Female => format!("{stem}на"),
    }
}

/// One of a list that is not empty.
fn pick<T: Copy + Default>(generator: &mut ChaCha8Rng, list: &[T]) -> T {
    list.choose(generator).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_list_has_sixty_different_names_or_more() {
        let fathers: Vec<&str> = names_russian::MEN.iter().map(|(name, _)| *name).collect();
        for list in [
            names_kyrgyz::MEN,
            names_kyrgyz::WOMEN,
            names_kyrgyz::SURNAMES,
            &fathers,
            names_russian::WOMEN,
            names_russian::SURNAMES,
        ] {
            assert!(list.len() >= 60, "{} names only, from {}", list.len(), list[0]);
            assert_eq!(
                list.iter().collect::<BTreeSet<_>>().len(),
                list.len(),
                "a name twice, from {}",
                list[0]
            );
        }
    }

    #[test]
    fn patronymics_and_surnames_take_the_form_of_the_sex() {
        assert_eq!(patronymic_of("Асан", Sex::Male), "Асанович");
        assert_eq!(patronymic_of("Бакыт", Sex::Female), "Бакытовна");
        assert_eq!(patronymic_of("Атай", Sex::Male), "Атаевич");
        assert_eq!(patronymic_of("Кеңеш", Sex::Female), "Кеңешевна");
        assert_eq!(patronymic_of("Ырыскелди", Sex::Female), "Ырыскелдиевна");
        assert_eq!(surname_of("Асанов", Sex::Female), "Асанова");
        assert_eq!(surname_of("Соловьёв", Sex::Female), "Соловьёва");
        assert_eq!(surname_of("Шевченко", Sex::Female), "Шевченко");
        assert_eq!(surname_of("Асанов", Sex::Male), "Асанов");
    }
}
